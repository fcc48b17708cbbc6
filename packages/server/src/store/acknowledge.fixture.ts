import { enrolment } from "../ports/store-suite/store.fixture.ts";
import { openSqliteStore } from "./sqlite.ts";

/**
 * A program that enrols devices without end, so many at once, and says the serial number of each on a line of its own as
 * soon as the store acknowledged it: `node acknowledge.fixture.ts <path> <at once> <first serial number> <last>`.
 */
async function acknowledge([path = "", atOnce = "1", first = "1", last = "Infinity"]: readonly string[]) {
  const store = await openSqliteStore({ path });
  let next = Number(first);
  const enrol = async (): Promise<void> => {
    while (next <= Number(last)) {
      const serialNumber = String(next);
      next += 1;
      await store.commit("enrol-device", enrolment(serialNumber));
      await said(serialNumber);
    }
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, enrol));
  await store.close();
}

/** Whoever reads may be slow: then nothing more is enrolled until it has read. */
function said(line: string): Promise<unknown> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));
}

await acknowledge(process.argv.slice(2));
