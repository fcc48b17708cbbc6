import assert from "node:assert/strict";
import { test } from "node:test";
import { answerChallenge, parseChallenges } from "@heliograph/protocol";
import type { HttpReply } from "@heliograph/testkit";
import { openBench } from "../../../../test/cwmp-bench.ts";
import { informText } from "../../../../test/envelopes.ts";
import { digestHash } from "../../digest-hash.ts";

const firstContact = { username: "cpe", password: "shared secret" };
const closed = { settings: { openEnrolment: "none", firstContact } } as const;

test("a challenge of one gateway is answered at another one, once", async () => {
  await using bench = await openBench(closed);
  const another = await bench.another();
  const challenged = await (await bench.connect()).post(informText());
  const answer = { Authorization: authorize(challenged) };
  assert.equal((await (await another.connect()).post(informText(), answer)).status, 200);
  for (const gateway of [another, bench]) {
    const replayed = await (await gateway.connect()).post(informText({ events: ["0 BOOTSTRAP"] }), answer);
    assert.equal(replayed.status, 401);
    assert.match(replayed.headers.get("www-authenticate")?.[0] ?? "", /stale=true$/);
  }
});

test("a wrong answer is wrong whoever asked", async () => {
  await using bench = await openBench(closed);
  const challenged = await (await bench.connect()).post(informText());
  const answer = { Authorization: authorize(challenged, "another secret") };
  const refused = await (await (await bench.another()).connect()).post(informText(), answer);
  assert.equal(refused.status, 401);
  assert.doesNotMatch(refused.headers.get("www-authenticate")?.[0] ?? "", /stale/);
});

test("where the gateway that asked is gone, the device is asked once more", async () => {
  await using bench = await openBench(closed);
  const another = await bench.another();
  const challenged = await (await another.connect()).post(informText());
  await another.close();
  const device = await bench.connect();
  const asked = await device.post(informText(), { Authorization: authorize(challenged) });
  assert.equal(asked.status, 401);
  assert.match(asked.headers.get("www-authenticate")?.[0] ?? "", /stale=true$/);
  assert.equal((await device.post(informText(), { Authorization: authorize(asked) })).status, 200);
});

function authorize(challenged: HttpReply, password = firstContact.password): string {
  const challenges = parseChallenges(challenged.headers.get("www-authenticate")?.join(", ") ?? "");
  const challenge = challenges.find((one) => one.scheme === "digest" && one.algorithm === "MD5");
  assert.ok(challenge?.scheme === "digest");
  const question = { method: "POST", uri: "/", cnonce: "c0ffee", nc: 1 };
  const { username } = firstContact;
  return answerChallenge(digestHash, { challenge, username, secret: { password }, ...question });
}
