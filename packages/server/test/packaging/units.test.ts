import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { tempDir } from "@heliograph/testkit";
import { allRoles } from "../../src/main/roles.ts";
import { settingRows } from "../../src/main/setting-rows.ts";
import { readSettings, type SettingSources } from "../../src/main/settings.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");
const SYSTEMD = `${REPOSITORY}/packaging/systemd`;
const units = readdirSync(SYSTEMD).filter((name) => /\.(?:service|target|timer)$/.test(name));
/** What one process of the roles is told besides; its name is that of the unit's instance. */
const instances = readdirSync(`${SYSTEMD}/roles`).map((name) => name.replace(/\.env$/, ""));

test(
  "systemd finds no fault with the units, and what they start is there",
  { skip: without("systemd-analyze") },
  () => {
    using folder = tempDir();
    for (const unit of units) {
      // Where the repository lies here is where it is installed there.
      const text = readFileSync(`${SYSTEMD}/${unit}`, "utf8").replaceAll("/opt/heliograph", REPOSITORY);
      writeFileSync(folder.file(unit.replace("@.", "@cwmp.")), text);
    }
    const paths = units.map((unit) => folder.file(unit.replace("@.", "@cwmp.")));
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

test("roles in processes of their own are told what the server takes, and meet at no port", () => {
  const ports = new Map<number, string>();
  const started = instances.map((instance) => {
    const settings = readSettings({ flags: {}, environment: environmentOf(instance), file: {} });
    const { roles, southbound, northbound, health } = settings;
    const isGateway = roles.includes("cwmp") || roles.includes("light");
    for (const { port } of [
      roles.includes("api") ? northbound : health,
      ...(isGateway ? [southbound] : []),
    ]) {
      assert.equal(ports.get(port), undefined, `${instance} listens on ${port}, too`);
      ports.set(port, instance);
    }
    return roles.join();
  });
  assert.deepEqual([...new Set(started)].sort(), [...allRoles].sort());
});

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
  const roles = instances.map((instance) => `systemd/roles/${instance}.env`);
  const inSystemd = ["systemd/heliograph.env", ...units.map((unit) => `systemd/${unit}`)];
  for (const file of [...inSystemd, ...roles, ...inDocker()]) {
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
  return ["docker", "docker/roles"].flatMap((folder) =>
    readdirSync(`${REPOSITORY}/packaging/${folder}`, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => `${folder}/${name}`),
  );
}

/** What the unit says, then the file for all, as somebody filled it in, then the file for this one. */
function environmentOf(instance: string): SettingSources["environment"] {
  const unit = readFileSync(`${SYSTEMD}/heliograph-role@.service`, "utf8").replaceAll("%i", instance);
  const [, said = ""] = /^Environment=(.*)$/m.exec(unit) ?? [];
  const all = readFileSync(`${SYSTEMD}/heliograph.env`, "utf8").replace(/^#(?=[A-Z_]+=)/gm, "");
  const own = readFileSync(`${SYSTEMD}/roles/${instance}.env`, "utf8");
  const { HELIOGRAPH_TLS_CERT, HELIOGRAPH_TLS_KEY, ...rest } = parseEnv(
    said.replaceAll(" ", "\n") + `\n${all}`,
  );
  assert.ok(HELIOGRAPH_TLS_CERT !== undefined && HELIOGRAPH_TLS_KEY !== undefined);
  return { ...rest, HELIOGRAPH_SECRET_KEY: "0".repeat(64), ...parseEnv(own) };
}

/** Folders are given to another account. */
function withoutRoot(): string | false {
  return process.getuid?.() === 0 ? without("systemd-sysusers") : "needs to be run by root";
}

/** Why a test cannot run; false where it can. */
function without(program: string): string | false {
  return spawnSync(program, ["--version"]).status === 0 ? false : `needs ${program} on PATH`;
}
