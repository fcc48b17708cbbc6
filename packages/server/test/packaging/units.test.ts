import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { tempDir } from "@heliograph/testkit";
import { settingRows } from "../../src/main/setting-rows.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");
const SYSTEMD = `${REPOSITORY}/packaging/systemd`;
const units = readdirSync(SYSTEMD).filter((name) => /\.(?:service|timer)$/.test(name));

test(
  "systemd finds no fault with the units, and what they start is there",
  { skip: without("systemd-analyze") },
  () => {
    using folder = tempDir();
    for (const unit of units) {
      // Where the repository lies here is where it is installed there.
      const text = readFileSync(`${SYSTEMD}/${unit}`, "utf8").replaceAll("/opt/heliograph", REPOSITORY);
      writeFileSync(folder.file(unit), text);
    }
    const paths = units.map((unit) => folder.file(unit));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.equal(
      stderr
        .split("\n")
        .filter((line) => line.includes("heliograph"))
        .join("\n"),
      "",
    );
  },
);

test("the account and the folders are made as the units need them", { skip: withoutRoot() }, () => {
  using root = tempDir();
  mkdirSync(root.file("etc"));
  const user = spawnSync("systemd-sysusers", [`--root=${root.path}`, `${SYSTEMD}/sysusers.conf`], {
    encoding: "utf8",
  });
  assert.equal(user.status, 0, user.stderr);
  assert.match(
    readFileSync(root.file("etc/passwd"), "utf8"),
    /^heliograph:.*:\/var\/lib\/heliograph:\S*nologin$/m,
  );
  const args = [`--root=${root.path}`, "--create", `${SYSTEMD}/tmpfiles.conf`];
  const made = spawnSync("systemd-tmpfiles", args, { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  for (const path of ["var/lib/heliograph", "var/backups/heliograph"])
    assert.equal(statSync(root.file(path)).mode & 0o777, 0o700, path);
});

test("every setting that a packaged file names is one of the server", () => {
  const names = settingRows.map(({ name }) => `HELIOGRAPH_${name.replaceAll("-", "_").toUpperCase()}`);
  const known = [...names, "HELIOGRAPH_CONFIG"];
  for (const file of ["systemd/heliograph.env", ...units.map((unit) => `systemd/${unit}`), ...inDocker()]) {
    const text = readFileSync(`${REPOSITORY}/packaging/${file}`, "utf8");
    for (const [name] of text.matchAll(/\bHELIOGRAPH_[A-Z_]+/g))
      assert.ok(known.includes(name), `${name} in ${file}`);
  }
});

test("what the image copies is there, and what it starts is the published command", () => {
  const dockerfile = readFileSync(`${REPOSITORY}/packaging/docker/Dockerfile`, "utf8");
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm)].flatMap(([, words = ""]) =>
    words.split(" ").slice(0, -1),
  );
  assert.ok(copied.length > 5);
  const sent = readFileSync(`${REPOSITORY}/packaging/docker/Dockerfile.dockerignore`, "utf8").split("\n");
  for (const path of copied) {
    assert.ok(statSync(`${REPOSITORY}/${path}`), path);
    assert.ok(sent.includes(`!${path}`), `${path} is kept from the image`);
  }
  const [, entry = ""] = /^ENTRYPOINT \["node", "\/opt\/heliograph\/(.*)"\]$/m.exec(dockerfile) ?? [];
  assert.ok(statSync(`${REPOSITORY}/${entry}`).isFile());
  const engine = /^const OLDEST = (\d+);/m.exec(readFileSync(`${REPOSITORY}/${entry}`, "utf8"))?.[1];
  assert.deepEqual(
    [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major),
    [engine, engine],
  );
});

function inDocker(): readonly string[] {
  return readdirSync(`${REPOSITORY}/packaging/docker`).map((name) => `docker/${name}`);
}

/** Folders are given to another account. */
function withoutRoot(): string | false {
  return process.getuid?.() === 0 ? without("systemd-sysusers") : "needs to be run by root";
}

/** Why a test cannot run; false where it can. */
function without(program: string): string | false {
  return spawnSync(program, ["--version"]).status === 0 ? false : `needs ${program} on PATH`;
}
