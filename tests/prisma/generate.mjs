// Prisma's own client of a schema, generated into a folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { adapterOf, providerOf } from './adapter.mjs';
import { pasted } from './schema.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The client of a database whose app has pasted what is in a file. It is generated once for each folder. */
export function clientOf(url, printed, folder) {
  if (mkdirSync(folder, { recursive: true })) generate(url, printed, folder);
  const { PrismaClient, Prisma } = createRequire(import.meta.url)(join(folder, 'client'));
  return { prisma: new PrismaClient({ adapter: adapterOf(url) }), models: Object.values(Prisma.ModelName) };
}

function generate(url, printed, folder) {
  symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
  const schema = pasted(readFileSync(printed, 'utf8'), providerOf(url)).replace(
    'provider = "prisma-client-js"',
    `provider = "prisma-client-js"\n  output = "${join(folder, 'client')}"`,
  );
  writeFileSync(join(folder, 'schema.prisma'), schema);
  const cli = join(here, 'node_modules/prisma/build/index.js');
  execFileSync(process.execPath, [cli, 'generate', '--schema', join(folder, 'schema.prisma')], {
    cwd: folder,
    // No other engine is needed for this, so none is fetched: any program may stand in for it.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
