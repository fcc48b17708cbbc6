import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@heliograph/testkit";
import type { TestContext } from "node:test";
import { within } from "../deadline.ts";
import { Program, type Environment } from "./program.ts";
import type { ShippedServer } from "./shipped-server.ts";

const KILLS = 4;
const LONGEST_LIFE_MS = 300;
const EVENTS_TO_A_LIFE = 10;

/** What came out on the other side of a bridge, in its order. */
export class BridgedEvents {
  readonly ids: number[] = [];
  #more = Promise.withResolvers<undefined>();

  take(id: number): void {
    this.ids.push(id);
    this.#more.resolve(undefined);
    this.#more = Promise.withResolvers();
  }

  async until(id: number): Promise<void> {
    const come = async (): Promise<void> => {
      while (!this.ids.includes(id)) await this.#more.promise;
    };
    await within(come(), () => `event ${id}; the last is ${this.ids.at(-1)}`);
  }
}

export interface Bridging {
  readonly acs: ShippedServer;
  /** Its program and arguments. */
  readonly bridge: readonly string[];
  readonly environment: Environment;
  readonly events: BridgedEvents;
}

/** While things happen the bridge is killed at random, and started again: then each event has come, and none before another. */
export async function assertNoneLost(
  t: TestContext,
  { acs, bridge, environment, events }: Bridging,
): Promise<void> {
  const random = seededRandom((line) => {
    t.diagnostic(line);
  });
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await using program = Program.run(bridge, environment);
    await program.line(/bridges/);
    const happened = happen(acs, kill);
    // When it dies is what chance decides; nothing is waited for.
    await delay(random.integer(0, LONGEST_LIFE_MS));
    await program.kill();
    await happened;
  }
  await using last = Program.run(bridge, environment);
  const expected = await happenedIds(acs);
  await events.until(expected.at(-1) ?? 0);
  t.diagnostic(`${expected.length} events, ${events.ids.length - new Set(events.ids).size} of them again`);
  assert.ok(expected.length > KILLS * EVENTS_TO_A_LIFE);
  assert.deepEqual(inFirstOrder(events.ids, expected), expected);
  assert.equal(last.complaints, "");
}

async function happen({ client, key }: ShippedServer, life: number): Promise<void> {
  for (let index = 0; index < EVENTS_TO_A_LIFE; index += 1)
    await client.groups.addTag(key, `t${life}-${index}`);
}

async function happenedIds({ client, key }: ShippedServer): Promise<readonly number[]> {
  const { items } = await client.devices.events(key, { limit: 1_000 });
  return items.map(({ id }) => id).toSorted((one, other) => one - other);
}

/** Each as it came first. */
function inFirstOrder(ids: readonly number[], known: readonly number[]): readonly number[] {
  return [...new Set(ids)].filter((id) => known.includes(id));
}
