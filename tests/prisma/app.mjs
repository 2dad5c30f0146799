// Makes an empty database the app's of January 2026, by Prisma's own statements.
// Usage: node app.mjs DATABASE_URL PASTED_FILE
import { readFileSync } from 'node:fs';
import { adapterOf, providerOf } from './adapter.mjs';
import { difference } from './engine.mjs';
import { pasted } from './schema.mjs';

const [url, file] = process.argv.slice(2);
const { stdout } = await difference(url, pasted(readFileSync(file, 'utf8'), providerOf(url)), 'empty');
const database = await adapterOf(url).connect();
await database.executeScript(stdout);
await database.dispose();
process.exit(0);
