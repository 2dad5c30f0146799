// Prisma's own client reads every row of every model after an import.
// Usage: node client.mjs DATABASE_URL PRINTED_FILE FOLDER; the client is generated into FOLDER.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { adapterOf, providerOf } from './adapter.mjs';
import { pasted } from './schema.mjs';

const [url, printed, folder] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
mkdirSync(folder, { recursive: true });
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
const { PrismaClient, Prisma } = createRequire(import.meta.url)(join(folder, 'client'));
const prisma = new PrismaClient({ adapter: adapterOf(url) });
let [models, rows] = [0, 0];
for (const model of Object.values(Prisma.ModelName)) {
  const found = await prisma[model[0].toLowerCase() + model.slice(1)].findMany();
  const counted = await prisma[model[0].toLowerCase() + model.slice(1)].count();
  if (found.length !== counted) throw new Error(`${model}: ${found.length} of ${counted} rows`);
  models += 1;
  rows += found.length;
}
if (rows === 0) throw new Error('nothing was read');
// Dates and amounts mean what they say, not only what they look like.
const [order] = await prisma.transaction.findMany({ where: { externalId: 'sejoli-10001' } });
if (String(order.amount) !== '2750289') throw new Error(`amount ${order.amount}`);
if (order.createdAt.toISOString() !== '2021-01-04T14:02:30.000Z') throw new Error(`date ${order.createdAt.toISOString()}`);
console.log(`${providerOf(url)}: Prisma's client reads ${rows} rows of ${models} models`);
await prisma.$disconnect();
process.exit(0);
