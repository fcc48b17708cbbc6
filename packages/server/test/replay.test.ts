import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "@heliograph/testkit";
import { captured, captures, deviceOf, enrol, queue } from "./captured-device.ts";
import { runAcs } from "./running-acs.ts";

for (const { client: name, password } of captures) {
  test(`${name}, as it was captured, is managed to the end of each of its sessions`, async (t) => {
    const sessions = captured(t, name);
    if (sessions.length === 0) return;
    await using acs = await runAcs(password);
    using replay = new Replay({
      acsUrl: acs.url,
      ...(password === undefined ? {} : { credentials: password }),
    });
    const states: string[] = [];
    for (const session of sessions) {
      const key = deviceOf(session);
      await enrol(acs.store, key);
      const queued = await queue(acs.client, key, session);
      const replayed = await replay.session(session);
      assert.equal(replayed.at(-1)?.reply.status, 204);
      for (const id of queued) {
        const { state, ended, reason = "" } = await acs.client.operations.get(id);
        assert.ok(ended !== undefined, `${id} is ${state}`);
        assert.ok(
          state === "done" || state === "faulted" || reason.includes("empty POST"),
          `${state}: ${reason}`,
        );
        states.push(state);
      }
    }
    const counts = Object.entries(Object.groupBy(states, (state) => state));
    t.diagnostic(
      `${sessions.length} sessions; ${counts.map(([state, all]) => `${all?.length} ${state}`).join(", ")}`,
    );
  });
}
