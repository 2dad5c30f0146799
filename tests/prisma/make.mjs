// Runs one statement on a MySQL or MariaDB server. Usage: node make.mjs SERVER_URL SQL
import { createConnection } from 'mariadb';

const [url, sql] = process.argv.slice(2);
const server = new URL(url);
const connection = await createConnection({
  host: server.hostname,
  port: Number(server.port || 3306),
  user: decodeURIComponent(server.username),
  password: decodeURIComponent(server.password),
});
await connection.query(sql);
await connection.end();
