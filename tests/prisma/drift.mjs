// After pasting what `schema print --format prisma` prints, Prisma sees nothing to do.
// Usage: node drift.mjs DATABASE_URL PRINTED_FILE; ends with 1 and the difference where there is one.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory, bindSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from './node_modules/@prisma/schema-engine-wasm/schema_engine_bg.js';
import { adapterOf, providerOf } from './adapter.mjs';
import { pasted } from './schema.mjs';

const [url, printed] = process.argv.slice(2);
const bytes = readFileSync(new URL('./node_modules/@prisma/schema-engine-wasm/schema_engine_bg.wasm', import.meta.url));
const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engine });
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const schema = pasted(readFileSync(printed, 'utf8'), providerOf(url));
const files = [{ path: 'schema.prisma', content: schema }];
const bind = bindMigrationAwareSqlAdapterFactory ?? bindSqlAdapterFactory;
const prisma = await engine.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, bind(adapterOf(url)));
const filters = { externalTables: [], externalEnums: [] };
const configDir = fileURLToPath(new URL('.', import.meta.url));
const difference = await prisma.diff({
  from: { tag: 'schemaDatasource', files, configDir },
  to: { tag: 'schemaDatamodel', files },
  script: true,
  exitCode: true,
  shadowDatabaseUrl: null,
  filters,
});
if (difference.exitCode !== 0) {
  console.error(difference.stdout ?? difference);
  process.exit(1);
}
console.log(`${providerOf(url)}: Prisma sees no drift`);
process.exit(0);
