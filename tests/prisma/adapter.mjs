// The driver adapter for a database URL in Prisma's form.
import pg from 'pg';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { PrismaPg } from '@prisma/adapter-pg';

/** Prisma's name of the engine that a URL asks for. */
export function providerOf(url) {
  if (url.startsWith('file:')) return 'sqlite';
  return url.startsWith('mysql:') ? 'mysql' : 'postgresql';
}

export function adapterOf(url) {
  switch (providerOf(url)) {
    case 'sqlite':
      // The form in which the tool writes the times of an empty database.
      return new PrismaLibSql({ url }, { timestampFormat: 'unixepoch-ms' });
    case 'mysql': {
      const server = new URL(url);
      return new PrismaMariaDb({
        host: server.hostname,
        port: Number(server.port || 3306),
        user: decodeURIComponent(server.username),
        password: decodeURIComponent(server.password),
        database: server.pathname.slice(1),
      });
    }
    default:
      return new PrismaPg(new Pool({ connectionString: url }));
  }
}

const [CHAR, TEXT] = [18, 25];

/** The schema engine asks the catalogue for columns of the type "char", which the adapter does not know. */
class Pool extends pg.Pool {
  async query(...args) {
    const result = await super.query(...args);
    for (const field of result.fields ?? []) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT;
    return result;
  }
}
