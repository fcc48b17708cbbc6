import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { tempDir, type TempDir } from "@heliograph/testkit";
import { allRoles } from "../../src/main/roles.ts";
import { readSettings, type Settings } from "../../src/main/settings.ts";
import { whyNoNats } from "../nats-server.ts";
import { whyNoNginx } from "../quirks/proxy-nginx.ts";
import { GoRenderer, isRecord, REPOSITORY, withoutGo } from "./go-renderer.ts";

const ROLES = `${REPOSITORY}/packaging/docker/roles`;

type Service = Readonly<Record<string, unknown>>;

test("the Compose files", { skip: withoutGo() || without("openssl", "version") }, async (t) => {
  using folder = tempDir();
  const renderer = GoRenderer.build(folder);
  const secrets = prepared(folder);
  const roles = servicesIn(renderer.yaml(`${ROLES}/compose.yaml`));
  const single = servicesIn(renderer.yaml(`${REPOSITORY}/packaging/docker/compose.yaml`));

  await t.test("of roles has two processes of each, and the server takes what each is told", () => {
    for (const role of allRoles) {
      const service = roles[role];
      assert.ok(service !== undefined);
      assert.deepEqual(service["deploy"], { replicas: 2 });
      const settings = settingsOf(service, secrets);
      assert.deepEqual(settings.roles, [role]);
      assert.equal(settings.nats?.host, "nats");
      assert.equal(settings.database?.host, "postgres");
      assert.equal(settings.insecure, false);
    }
  });

  await t.test("of one process tells it what the server takes", () => {
    assert.deepEqual(Object.keys(single), ["heliograph"]);
    const { heliograph = {} } = single;
    assert.deepEqual(settingsOf(heliograph, secrets).roles, allRoles);
  });

  await t.test("give every process of ours no more than it needs, and time to end", () => {
    for (const service of [...allRoles.map((role) => roles[role]), single["heliograph"]]) {
      assert.ok(service !== undefined);
      assert.equal(service["read_only"], true);
      assert.deepEqual(service["cap_drop"], ["ALL"]);
      assert.deepEqual(service["security_opt"], ["no-new-privileges:true"]);
      assert.ok(Number.parseInt(String(service["stop_grace_period"]), 10) >= 30);
    }
  });

  await t.test("name files that are there, and services to wait for that say how they are", () => {
    for (const service of Object.values(roles)) {
      for (const path of mountedIn(service)) {
        const from = path.startsWith("./secrets/")
          ? secrets.file(path.slice("./secrets/".length))
          : resolve(ROLES, path);
        assert.ok(statSync(from).isFile(), path);
      }
      const awaited = service["depends_on"] ?? {};
      assert.ok(isRecord(awaited));
      for (const name of Object.keys(awaited)) {
        const said = roles[name];
        // Those of ours say it by their image.
        assert.ok(said?.["healthcheck"] !== undefined || said?.["image"] === "heliograph", name);
      }
    }
  });

  await t.test("go with certificates that are good for the names by which others call", () => {
    const authority = new X509Certificate(readFileSync(secrets.file("ca.pem")));
    assert.equal(statSync(secrets.file("ca.pem")).mode & 0o777, 0o644, "read by an account of its own");
    const names = { nats: "nats", postgres: "postgres", proxy: "acs.example" } as const;
    for (const [file, name] of Object.entries(names)) {
      const certificate = new X509Certificate(readFileSync(secrets.file(`${file}.pem`)));
      assert.ok(certificate.verify(authority.publicKey) && certificate.checkHost(name) === name, name);
      assert.equal(statSync(secrets.file(`${file}.key`)).mode & 0o077, 0, "nobody else reads its key");
    }
  });

  await t.test("what was prepared before stays", () => {
    const before = readFileSync(secrets.file("heliograph.env"), "utf8");
    prepare(secrets.path);
    assert.equal(readFileSync(secrets.file("heliograph.env"), "utf8"), before);
  });

  await t.test("nginx takes the configuration of the proxy", { skip: whyNoNginx() ?? false }, () => {
    const text = configured("nginx.conf", secrets)
      .replace(/\b(?:cwmp|light|api)(:\d+;)/g, "127.0.0.1$1")
      .replace(/^worker_rlimit_nofile.*$/m, `pid ${folder.file("pid")};`)
      .replace("worker_connections 50000;", "worker_connections 500;");
    writeFileSync(folder.file("nginx.conf"), text);
    const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin`;
    const args = ["-t", "-q", "-e", "stderr", "-p", folder.path, "-c", folder.file("nginx.conf")];
    const { status, stderr } = spawnSync("nginx", args, { encoding: "utf8", env: { ...process.env, PATH } });
    assert.equal(status, 0, stderr);
  });

  await t.test("NATS takes its configuration", { skip: whyNoNats() ?? false }, () => {
    writeFileSync(folder.file("nats.conf"), configured("nats.conf", secrets));
    const env = { ...process.env, ...parseEnv(readFileSync(secrets.file("nats.env"), "utf8")) };
    const { status, stderr } = spawnSync("nats-server", ["-t", "-c", folder.file("nats.conf")], {
      encoding: "utf8",
      env,
    });
    assert.equal(status, 0, stderr);
  });
});

test("the proxy of the roles asks of devices what the proxy of the guide does", () => {
  const guide = readFileSync(`${REPOSITORY}/docs/guides/behind-a-proxy.md`, "utf8");
  const conf = readFileSync(`${ROLES}/nginx.conf`, "utf8");
  const [, written = ""] = /```nginx\n(.*?)```/s.exec(guide) ?? [];
  const told = written.split("\n").filter((line) => /^\s*(?:proxy_|keepalive_timeout|worker_)/.test(line));
  assert.ok(told.length > 10);
  for (const line of told) {
    const [, directive = ""] = /^\s*(.*);$/.exec(line) ?? [];
    if (!directive.startsWith("proxy_pass")) assert.ok(conf.includes(directive), directive);
  }
});

function prepared(folder: TempDir): Pick<TempDir, "path" | "file"> {
  const path = folder.file("secrets");
  prepare(path);
  return { path, file: (name) => `${path}/${name}` };
}

function prepare(path: string): void {
  const { status, stderr } = spawnSync("bash", [`${ROLES}/prepare.sh`, "acs.example", path], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

/** As the roles' folder has it, with certificates where they were made. */
function configured(name: string, secrets: Pick<TempDir, "path">): string {
  return readFileSync(`${ROLES}/${name}`, "utf8").replaceAll("/run/certificates", secrets.path);
}

function servicesIn(file: unknown): Readonly<Record<string, Service>> {
  assert.ok(isRecord(file) && isRecord(file["services"]));
  const entries = Object.entries(file["services"]).map(([name, service]) => {
    assert.ok(isRecord(service));
    return [name, service] as const;
  });
  return Object.fromEntries(entries);
}

/** As the process reads them: what the image says, what the files say, and what the service says itself. */
function settingsOf(service: Service, secrets: Pick<TempDir, "file">): Settings {
  const { env_file: files = [], environment = {} } = service;
  assert.ok(Array.isArray(files) && isRecord(environment));
  const said = files
    .map((path) => readFileSync(secrets.file(String(path).replace(/^secrets\//, "")), "utf8"))
    .flatMap((text) => Object.entries(parseEnv(text)));
  const own = Object.entries(environment).map(([name, value]) => {
    return [name, String(value).replace(/\$\{\w+:-(.*)\}/, "$1")] as const;
  });
  const all = Object.fromEntries<string | undefined>([...said, ...own]);
  return readSettings({ flags: {}, environment: all, file: {} });
}

/** Files of this machine that a container has. */
function mountedIn(service: Service): readonly string[] {
  const volumes = service["volumes"] ?? [];
  assert.ok(Array.isArray(volumes));
  return volumes.map((volume) => String(volume).split(":")[0] ?? "").filter((path) => path.startsWith("./"));
}

/** Why a test cannot run; false where it can. */
function without(program: string, argument: string): string | false {
  return spawnSync(program, [argument]).status === 0 ? false : `needs ${program} on PATH`;
}
