import { openPostgresStore } from "./postgres.ts";

/** A program that opens the store, asks it something and closes it: `node migrate-postgres.fixture.ts <port> <database>`. */
async function open([port, database = ""]: readonly string[]) {
  const store = await openPostgresStore({
    address: { host: "127.0.0.1", port: Number(port), user: "heliograph", database },
  });
  await store.lastEventId();
  await store.close();
}

await open(process.argv.slice(2));
