import type { Channel, Publication } from "@heliograph/api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "../northbound-run.fixture.ts";
import { ago, bodyOf, type Script } from "../scripted-northbound.fixture.ts";

const channel: Channel = {
  name: "public/gold",
  publishers: ["managers"],
  subscribers: ["managers", "members"],
  history: { count: 100, bytes: 1_048_576 },
  answers: false,
  epoch: "9f31",
  head: 3,
  first: 2,
  created: ago(60),
};
const published: Publication = {
  channel: channel.name,
  epoch: "9f31",
  offset: 3,
  at: ago(5),
  by: "ann",
  data: { Text: "hello" },
};
const known: Script = {
  getChannel: ({ params }) =>
    params["name"] === channel.name ? { status: 200, body: channel } : { refuses: "unknown-channel" },
};

test("channels are listed with how much was published and is kept", async () => {
  const script = { listChannels: () => ({ status: 200, body: { items: [channel] } }) };
  const { exitCode, terminal } = await runAgainst(script, ["channels"]);
  assert.equal(exitCode, 0);
  assert.match(terminal.output(), /public\/gold +3 +2 /);
});

test("a channel is made with the history and the answers that were asked for", async () => {
  const script = { setChannel: () => ({ status: 200, body: channel }) };
  const line = ["channels", "set", channel.name, "--keep", "500", "--answers"];
  const { asked, exitCode } = await runAgainst(script, line);
  assert.equal(exitCode, 0);
  assert.deepEqual(bodyOf(asked[0]), { history: { count: 500, bytes: 1_048_576 }, answers: true });
});

test("what is published is shown with its place", async () => {
  const script = { publish: () => ({ status: 201, body: published }) };
  const line = ["channels", "publish", channel.name, '{"Text": "hello"}'];
  const { asked, terminal } = await runAgainst(script, line);
  assert.deepEqual(bodyOf(asked[0]), { data: { Text: "hello" } });
  assert.match(terminal.output(), /^#3 .* ann +\{"Text":"hello"\}/);
});

test("what is no JSON object is published nowhere", async () => {
  const { asked, exitCode } = await runAgainst({}, ["channels", "publish", channel.name, "[1]"]);
  assert.notEqual(exitCode, 0);
  assert.deepEqual(asked, []);
});

test("a channel is shown with its last publications", async () => {
  const script = { ...known, listPublications: () => ({ status: 200, body: { items: [published] } }) };
  const { terminal } = await runAgainst(script, ["channels", "show", channel.name]);
  assert.match(terminal.output(), /3 published, 2 of at most 100 kept; epoch 9f31\n#3 /);
});

test("members of a channel are shown with whether they are there, and how far they are", async () => {
  const items = [
    {
      device: "00D09E-IGD-1",
      attached: true,
      position: { epoch: "9f31", offset: 2, at: ago(60) },
      result: { epoch: "9f31", offset: 2, status: "applied", at: ago(60) },
    },
    { device: "00D09E-IGD-2", attached: false },
  ] as const;
  const script = {
    ...known,
    getPresence: () => ({ status: 200, body: { members: { items }, watchers: 0 } }),
  };
  const { terminal } = await runAgainst(script, ["channels", "presence", channel.name]);
  assert.match(terminal.output(), /00D09E-IGD-1 +attached +2 of 3, .*applied 2/);
  assert.match(terminal.output(), /00D09E-IGD-2 +away/);
});

test("a channel that is not there is watched by nobody", async () => {
  const { exitCode, terminal } = await runAgainst(known, ["channels", "watch", "public/none"]);
  assert.notEqual(exitCode, 0);
  assert.match(terminal.errors(), /channel/);
});
