import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Arena, MOST_LEFT, type Outcome } from "./arena.ts";
import { hostileCases } from "./cases.ts";
import { outcomeTable } from "./outcome-table.ts";

const arena = await Arena.open();
after(() => arena[Symbol.asyncDispose]());
const outcomes: Outcome[] = [];
const suffering = arena.begin(hostileCases);

for (const { hostile, outcome } of suffering) {
  test(`${hostile.name}: refused or served as is due, and no neighbour feels it`, async () => {
    const { complaints, ...rest } = await outcome();
    outcomes.push({ complaints, ...rest });
    assert.deepEqual(complaints, []);
  });
}

test("after all of that the server holds little more than before, and still runs", async (t) => {
  for (const line of outcomeTable(outcomes).split("\n")) t.diagnostic(line);
  assert.ok((arena.growth ?? 0) < MOST_LEFT, `it grew by ${arena.growth} bytes`);
  assert.equal(arena.target.server.life.number, 1);
  assert.equal(arena.target.server.supervisor.kills, 0);
  await arena.target.server.client.devices.list();
});
