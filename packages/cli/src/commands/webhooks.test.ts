import type { Webhook } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodes } from "../exit-code.ts";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, type Script } from "../scripted-northbound.fixture.ts";

const ID = "0123456789abcdef";
const WEBHOOK: Webhook = {
  ...{ id: ID, url: "https://hooks.example/", events: ["boot"], manager: "ops", created: ago(60) },
  ...{ position: 12, deadLetters: 2 },
  failing: { since: ago(120), attempts: 3, next: ago(-60), reason: "it answered 500" },
};

test("webhooks are listed with what fails, and how much is dead", async () => {
  const script: Script = { listWebhooks: () => ({ status: 200, body: { items: [WEBHOOK] } }) };
  const { terminal } = await runAgainst(script, ["webhooks"]);
  assert.deepEqual(terminal.output().split("\n"), [
    "id                events  dead                                    url",
    `${ID}  boot    2     it answered 500, since 2 min ago  https://hooks.example/`,
  ]);
});

test("a webhook is made of a URL and events, and its secret is told", async () => {
  const secret = "s".repeat(64);
  const script: Script = { addWebhook: () => ({ status: 201, body: { ...WEBHOOK, secret } }) };
  const { terminal, asked } = await runAgainst(script, [
    ...["webhooks", "add", "https://hooks.example/", "boot", "operation"],
  ]);
  assert.deepEqual(terminal.output().split("\n"), [ID, secret]);
  assert.deepEqual(asked[0]?.body, { url: "https://hooks.example/", events: ["boot", "operation"] });
});

test("a webhook is for some events, some devices and some ends of operations, and shows which", async () => {
  const filters = {
    events: ["policy-*", "operation"],
    ...{ where: 'tag = "gold"', states: ["faulted", "expired"] as const },
  };
  const made = { ...WEBHOOK, ...filters };
  const script: Script = {
    addWebhook: () => ({ status: 201, body: { ...made, secret: "s".repeat(64) } }),
    listWebhooks: () => ({ status: 200, body: { items: [made] } }),
  };
  const flags = ["--where", filters.where, "--states", "faulted,expired"];
  const add = ["webhooks", "add", "https://hooks.example/", ...filters.events];
  const { asked } = await runAgainst(script, [...add, ...flags]);
  assert.deepEqual(asked[0]?.body, { url: "https://hooks.example/", ...filters });
  const { terminal } = await runAgainst(script, ["webhooks"]);
  assert.match(terminal.output(), /policy-\*, operation; operations faulted, expired; where tag = "gold"/);
  assert.equal((await runAgainst(script, [...add, "--states", "broken"])).exitCode, exitCodes.refused);
});

test("a secret of one's own comes by standard input, and is not told again", async () => {
  const secret = "a secret of sixteen";
  const script: Script = { addWebhook: () => ({ status: 201, body: { ...WEBHOOK, secret } }) };
  const { terminal, asked } = await runAgainst(
    script,
    ["webhooks", "add", "https://hooks.example/", "--secret-stdin"],
    { input: `${secret}\n` },
  );
  assert.equal(terminal.output(), ID);
  assert.deepEqual(asked[0]?.body, { url: "https://hooks.example/", events: [], secret });
});

test("dead letters are listed, and sent again", async () => {
  const letter = { first: 7, last: 9, at: ago(60), reason: "it answered 500", again: false };
  const script: Script = {
    listDeadLetters: () => ({
      status: 200,
      body: { items: [letter, { ...letter, first: 11, again: true }] },
    }),
    resendLetters: () => ({ status: 202, body: WEBHOOK }),
  };
  const listed = await runAgainst(script, ["webhooks", "dead", ID]);
  assert.deepEqual(listed.terminal.output().split("\n"), [
    "first  last  given up",
    "7      9     1 min ago  it answered 500",
    "11     9     1 min ago  is sent again",
  ]);
  const all = await runAgainst(script, ["webhooks", "resend", ID]);
  assert.deepEqual([all.terminal.output(), all.asked[0]?.body], ["2 letters are sent again", {}]);
  const one = await runAgainst(script, ["webhooks", "resend", ID, "7"]);
  assert.deepEqual([one.terminal.output(), one.asked[0]?.body], ["1 letter is sent again", { first: 7 }]);
  const wrong = await runAgainst(script, ["webhooks", "resend", ID, "first"]);
  assert.equal(wrong.exitCode, exitCodes.refused);
});

test("a webhook is removed", async () => {
  const script: Script = { removeWebhook: () => ({ status: 204 }) };
  const { exitCode, asked } = await runAgainst(script, ["webhooks", "remove", ID]);
  assert.deepEqual([exitCode, asked[0]?.params], [exitCodes.done, { id: ID }]);
});
