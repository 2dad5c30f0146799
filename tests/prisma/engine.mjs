// Prisma's schema engine, which as WebAssembly knows SQLite and PostgreSQL.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory, bindSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from './node_modules/@prisma/schema-engine-wasm/schema_engine_bg.js';
import { adapterOf } from './adapter.mjs';

const bytes = readFileSync(new URL('./node_modules/@prisma/schema-engine-wasm/schema_engine_bg.wasm', import.meta.url));
const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engine });
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

/** What it takes to make a schema of the database that is there, or of an empty one. */
export async function difference(url, schema, from) {
  const bind = bindMigrationAwareSqlAdapterFactory ?? bindSqlAdapterFactory;
  const files = [{ path: 'schema.prisma', content: schema }];
  const configDir = fileURLToPath(new URL('.', import.meta.url));
  const prisma = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => {},
    bind(adapterOf(url)),
  );
  return prisma.diff({
    from: from === 'empty' ? { tag: 'empty' } : { tag: 'schemaDatasource', files, configDir },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    shadowDatabaseUrl: null,
    filters: { externalTables: [], externalEnums: [] },
  });
}
