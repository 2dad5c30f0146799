// Prisma's own client reads every row of every model after an import.
// Usage: node client.mjs DATABASE_URL PRINTED_FILE FOLDER; the client is generated into FOLDER.
import { providerOf } from './adapter.mjs';
import { clientOf } from './generate.mjs';

const [url, printed, folder] = process.argv.slice(2);
const { prisma, models } = clientOf(url, printed, folder);
let rows = 0;
for (const model of models) {
  const found = await prisma[model[0].toLowerCase() + model.slice(1)].findMany();
  const counted = await prisma[model[0].toLowerCase() + model.slice(1)].count();
  if (found.length !== counted) throw new Error(`${model}: ${found.length} of ${counted} rows`);
  rows += found.length;
}
if (rows === 0) throw new Error('nothing was read');
// Dates and amounts mean what they say, not only what they look like.
const [order] = await prisma.transaction.findMany({ where: { externalId: 'sejoli-10001' } });
if (String(order.amount) !== '2750289') throw new Error(`amount ${order.amount}`);
if (order.createdAt.toISOString() !== '2021-01-04T14:02:30.000Z') throw new Error(`date ${order.createdAt.toISOString()}`);
console.log(`${providerOf(url)}: Prisma's client reads ${rows} rows of ${models.length} models`);
await prisma.$disconnect();
process.exit(0);
