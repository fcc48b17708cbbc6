import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { ServerHosts } from "../server-hosts.ts";
import { runPublications } from "./publication-run.ts";

/** Where the server dies between a manager's wish and the position that a device says it has; of each kind one. */
const POINT =
  /commit publish 2$|commit set-member 2$|commit move-position 1$|send light call Publish [25]$|send caller 201 POST publications 2$/;
const EVERY_POINT = /commit (?:publish|set-member|move-position)|light call Publish|POST publications/;

test("killed at each step of a publication, the ACS loses none, and devices apply each once and in order [LIGHT-CHANNEL-8]", async (t) => {
  using folder = tempDir();
  await using hosts = new ServerHosts();
  const trace = folder.file("trace");
  const clean = await runPublications({ hosts, folder: folder.file("clean"), arming: { trace } });
  assert.deepEqual(clean, {
    kills: 0,
    published: ["1 a", "2 b", "3 c"],
    applied: [
      ["a", "b", "c"],
      ["a", "b", "c"],
    ],
  });
  const points = readFileSync(trace, "utf8").trimEnd().split("\n");
  const wanted = process.env["HELIOGRAPH_EVERY_POINT"] === undefined ? POINT : EVERY_POINT;
  const taken = points.filter((each) => wanted.test(each));
  assert.ok(taken.some((point) => point.startsWith("after commit publish")));
  let kills = 0;
  for (const [index, point] of taken.entries()) {
    const run = await runPublications({
      hosts,
      folder: folder.file(String(index)),
      arming: { killAt: point },
    });
    t.diagnostic(`${point}: killed ${run.kills}x, ${JSON.stringify(run.applied)}`);
    assert.deepEqual({ ...run, kills: 0 }, clean, point);
    kills += run.kills;
  }
  assert.ok(kills > taken.length / 2, `only ${kills} of ${taken.length} points were reached`);
});
