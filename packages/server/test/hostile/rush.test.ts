import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";
import { LockstepDevice } from "@heliograph/testkit";
import { envelopeText, informText } from "../envelopes.ts";
import { post, RawPeer } from "./raw-peer.ts";
import { openTarget, type Target } from "./target.ts";

/** Twice what may be on its way in at once. */
const DEVICES = 2_000;
/** A device that is told to come again waits so much less here: minutes are too long for a test. */
const HURRY = 100;
const PATIENCE_MS = 60_000;
const ACCEPTED = envelopeText(
  "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>",
);

/** What became of one device: how often it was told to come again, and when. */
interface Told {
  readonly retryAfter: readonly number[];
}

test("a rush of Informs is met with 503 and a time to come again, running sessions go on, and in the end everybody is in [QUIRKS-SESSION-65]", async (t) => {
  await using target = await openTarget();
  await using running = await runningSession(target);
  const rush = Promise.all(Array.from({ length: DEVICES }, (_, at) => insist(target, `rush${at}`)));
  await goesOn(running);
  const told = (await rush).flatMap(({ retryAfter }) => retryAfter);

  t.diagnostic(`${DEVICES} devices at once were sent away ${told.length} times`);
  assert.ok(told.length > 0, "nobody was sent away: this was no rush");
  assert.ok(
    told.every((seconds) => seconds >= 5),
    String(told),
  );
  assert.ok(new Set(told).size >= 5, "they shall not all come again at once");
  const lines = target.server.supervisor.complaints.trim().split("\n");
  assert.ok(lines.length < 50, `the log has a line for each:\n${lines.slice(0, 5).join("\n")}`);
});

/** A session of which a call is out. */
async function runningSession(target: Target): Promise<LockstepDevice> {
  const { acsUrl } = target.server.life;
  const device = new LockstepDevice({ acsUrl, patienceMs: PATIENCE_MS });
  await device.inform({ events: ["0 BOOTSTRAP", "1 BOOT"] });
  await device.expectRpc("SetParameterValues");
  return device;
}

/** It ends well, whatever stands before the door. */
async function goesOn(device: LockstepDevice): Promise<void> {
  for (let count = 0; count < 10; count += 1) {
    await setTimeout(100);
    await device.request({ method: "GetRPCMethods", params: {} });
  }
  await device.answer({ Status: 0 });
  await device.expectNothing();
}

/** A device that comes until it is let in, and then has its session. */
async function insist(target: Target, serial: string): Promise<Told> {
  const retryAfter: number[] = [];
  for (;;) {
    using peer = await RawPeer.open({ port: target.southboundPort });
    await peer.write(post(informText({ serial })));
    await peer.replies(1, PATIENCE_MS);
    if (peer.statuses[0] !== "503") {
      await finish(peer);
      return { retryAfter };
    }
    const seconds = Number(/^Retry-After: (\d+)\r$/m.exec(peer.text)?.[1]);
    retryAfter.push(seconds);
    await setTimeout((seconds * 1_000) / HURRY);
  }
}

/** The rest of a session: a device that was let in is never sent away. */
async function finish(peer: RawPeer): Promise<void> {
  const cookie = [`Cookie: ${/^Set-Cookie: (session=\w+)/m.exec(peer.text)?.[1] ?? ""}`];
  await peer.write(post("", cookie));
  await peer.replies(2, PATIENCE_MS);
  if (peer.statuses[1] === "200") {
    await peer.write(post(ACCEPTED, cookie));
    await peer.replies(3, PATIENCE_MS);
  }
  assert.match(peer.statuses.join(", "), /^200, (200, )?204$/);
}
