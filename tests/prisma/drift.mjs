// After pasting what `schema print --format prisma` prints, Prisma sees nothing to do.
// Usage: node drift.mjs DATABASE_URL PRINTED_FILE; ends with 1 and the difference where there is one.
import { readFileSync } from 'node:fs';
import { providerOf } from './adapter.mjs';
import { difference } from './engine.mjs';
import { pasted } from './schema.mjs';

const [url, printed] = process.argv.slice(2);
const found = await difference(url, pasted(readFileSync(printed, 'utf8'), providerOf(url)), 'database');
if (found.exitCode !== 0) {
  console.error(found.stdout ?? found);
  process.exit(1);
}
console.log(`${providerOf(url)}: Prisma sees no drift`);
process.exit(0);
