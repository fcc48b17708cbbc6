import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { seededRandom, tempDir, type SeededRandom } from "@heliograph/testkit";
import { summary } from "./kill-table.ts";
import { misreported, reckon } from "./reckoning.ts";
import type { ServerFlags } from "./host-messages.ts";
import { ServerHosts } from "./server-hosts.ts";
import { SteadyLoad } from "./steady-load.ts";
import { Supervisor } from "./supervisor.ts";

export interface SupervisedLoad extends AsyncDisposable {
  /** What chance decides. */
  readonly random: SeededRandom;
  readonly supervisor: Supervisor;
  readonly load: SteadyLoad;
  /** Says how it went, and asserts that callers and devices were told nothing that the ledger or the store denies. */
  assertSound(): Promise<void>;
}

/** A server that can be killed, under a load that goes on, with ledgers of what it accepted and what devices ran. */
export async function superviseLoad(
  t: TestContext,
  { flags = {}, each = 6 }: { readonly flags?: ServerFlags; readonly each?: number },
): Promise<SupervisedLoad> {
  await using starting = new AsyncDisposableStack();
  const random = seededRandom((line) => t.diagnostic(line));
  const folder = starting.use(tempDir());
  const hosts = starting.use(new ServerHosts());
  const data = folder.file("data");
  const supervisor = starting.use(await Supervisor.start({ hosts, data, openEnrolment: "loopback", flags }));
  const ledger = folder.file("ledger");
  const load = starting.use(new SteadyLoad({ supervisor, random, devices: each, callers: each, ledger }));
  await load.start();
  const running = starting.move();
  return {
    ...{ random, supervisor, load },
    async assertSound() {
      const accounts = reckon(load.told, load.ledger);
      t.diagnostic(`${supervisor.kills} kills of the server; ${summary(accounts)}`);
      t.diagnostic(`${load.reported.length} transfers were reported and acknowledged`);
      assert.deepEqual(
        accounts.flatMap(({ mark, method, faults }) => faults.map((fault) => `${method} ${mark}: ${fault}`)),
        [],
      );
      assert.deepEqual(misreported(load.reported, await load.events()), []);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
