import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./sources.ts";

const PACKAGES = ["agent", "api", "cli", "protocol", "server", "testkit"];
const LIBRARIES = ["@types", "fast-check", "fastify", "pino", "prettier", "saxes", "typebox", "typescript"];

/** What the others import; nothing here breaks a rule. */
const FOUNDATION = [
  ...PACKAGES.map((name) => `packages/${name}/src/index.ts`),
  "packages/agent/src/node/index.ts",
  "packages/api/src/client/index.ts",
  "packages/server/src/main/index.ts",
  "packages/server/src/engine/decide.ts",
  "packages/server/src/bus/memory.ts",
  "packages/server/src/southbound/gateway.ts",
  "packages/server/src/ports/bus.ts",
  "packages/server/src/ports/bus.suite.ts",
  "bench/inform.ts",
];

interface Case {
  readonly file: string;
  readonly imports: readonly string[];
}

const ALLOWED: readonly Case[] = [
  { file: "packages/protocol/src/soap.ts", imports: ["./index.ts"] },
  {
    file: "packages/protocol/src/soap.test.ts",
    imports: ["node:test", "fast-check", "saxes", "@heliograph/testkit"],
  },
  { file: "packages/agent/src/node/socket.ts", imports: ["node:net", "@heliograph/protocol", "../index.ts"] },
  { file: "packages/api/src/schemas.ts", imports: ["typebox"] },
  {
    file: "packages/server/src/engine/loop.ts",
    imports: ["./decide.ts", "../ports/bus.ts", "@heliograph/protocol"],
  },
  {
    file: "packages/server/src/engine/loop.test.ts",
    imports: ["node:test", "../bus/memory.ts", "@heliograph/testkit"],
  },
  { file: "packages/server/src/bus/memory.test.ts", imports: ["../ports/bus.suite.ts"] },
  { file: "packages/server/src/store/sqlite.ts", imports: ["node:sqlite", "../ports/bus.ts"] },
  { file: "packages/server/src/southbound/cwmp.ts", imports: ["node:http", "@heliograph/protocol"] },
  {
    file: "packages/server/src/northbound/rest.ts",
    imports: ["fastify", "@heliograph/api", "../ports/bus.ts"],
  },
  {
    file: "packages/server/src/main/roles.ts",
    imports: ["pino", "../engine/decide.ts", "../southbound/gateway.ts"],
  },
  {
    file: "packages/server/test/session.test.ts",
    imports: ["../src/main/index.ts", "@heliograph/agent/node"],
  },
  { file: "packages/cli/src/serve.ts", imports: ["node:fs", "@heliograph/server", "@heliograph/api/client"] },
  {
    file: "bench/decode.ts",
    imports: ["@heliograph/protocol", "@heliograph/testkit", "./inform.ts", "saxes"],
  },
];

const REFUSED: readonly (Case & { readonly rule: string })[] = [
  { file: "packages/protocol/src/a.ts", imports: ["node:crypto"], rule: "protocol-may-import" },
  { file: "packages/protocol/src/b.ts", imports: ["@heliograph/agent"], rule: "protocol-may-import" },
  { file: "packages/protocol/src/c.ts", imports: ["../../agent/src/index.ts"], rule: "packages-by-name" },
  { file: "packages/agent/src/a.ts", imports: ["node:net"], rule: "agent-may-import" },
  { file: "packages/agent/src/b.ts", imports: ["./node/index.ts"], rule: "agent-may-import" },
  { file: "packages/api/src/a.ts", imports: ["@heliograph/protocol"], rule: "api-may-import" },
  { file: "packages/server/src/engine/a.ts", imports: ["node:timers"], rule: "engine-may-import" },
  { file: "packages/server/src/engine/b.ts", imports: ["../bus/memory.ts"], rule: "engine-may-import" },
  {
    file: "packages/server/src/engine/c.ts",
    imports: ["../southbound/gateway.ts"],
    rule: "engine-may-import",
  },
  { file: "packages/server/src/bus/a.ts", imports: ["fastify"], rule: "bus-may-import" },
  {
    file: "packages/server/src/southbound/a.ts",
    imports: ["../engine/decide.ts"],
    rule: "southbound-may-import",
  },
  {
    file: "packages/server/src/northbound/a.ts",
    imports: ["../engine/decide.ts"],
    rule: "northbound-may-import",
  },
  {
    file: "packages/server/src/northbound/b.ts",
    imports: ["../southbound/gateway.ts"],
    rule: "northbound-may-import",
  },
  { file: "packages/server/src/ports/a.ts", imports: ["node:events"], rule: "ports-may-import" },
  { file: "packages/server/src/ports/b.ts", imports: ["./bus.suite.ts"], rule: "test-code-in-tests" },
  { file: "packages/server/src/main/a.ts", imports: ["@heliograph/testkit"], rule: "test-code-in-tests" },
  { file: "packages/server/src/main/b.ts", imports: ["fast-check"], rule: "no-dev-libraries" },
  { file: "packages/server/src/extra/a.ts", imports: ["../ports/bus.ts"], rule: "every-folder-has-a-row" },
  { file: "packages/server/src/engine/answer.ts", imports: ["./question.ts"], rule: "no-cycles" },
  { file: "packages/cli/src/a.ts", imports: ["@heliograph/api/schemas"], rule: "resolvable" },
  { file: "packages/protocol/src/a.test.ts", imports: ["prettier"], rule: "tests-may-import" },
  { file: "bench/a.ts", imports: ["../packages/protocol/src/index.ts"], rule: "packages-by-name" },
];

let tree: string;
let broken: ReadonlySet<string>;

before(async () => {
  tree = await mkdtemp(join(tmpdir(), "heliograph-directions-"));
  await plantWorkspace();
  for (const file of FOUNDATION) await write(file, "export {};\n");
  await write("packages/server/src/engine/question.ts", 'import "./answer.ts";\n');
  for (const { file, imports } of [...ALLOWED, ...REFUSED]) {
    await write(file, imports.map((name) => `import "${name}";\n`).join(""));
  }
  broken = await cruise();
});

after(() => rm(tree, { recursive: true }));

test("what the table allows passes", () => {
  const files = new Set(ALLOWED.map(({ file }) => file));
  assert.deepEqual(
    [...broken].filter((line) => files.has(line.split(" ")[1] ?? "")),
    [],
  );
});

for (const { file, imports, rule } of REFUSED) {
  test(`${file} may not import ${imports.join(", ")}`, () => {
    assert.ok(broken.has(`${rule} ${file}`), [...broken].join("\n"));
  });
}

async function plantWorkspace(): Promise<void> {
  await mkdir(join(tree, "node_modules/@heliograph"), { recursive: true });
  for (const name of ["package.json", "tsconfig.json", ".dependency-cruiser.cjs"]) {
    await cp(resolve(ROOT, name), join(tree, name));
  }
  for (const name of PACKAGES) {
    await cp(resolve(ROOT, "packages", name, "package.json"), join(tree, "packages", name, "package.json"));
    await symlink(join(tree, "packages", name), join(tree, "node_modules/@heliograph", name));
  }
  for (const name of LIBRARIES) {
    await symlink(resolve(ROOT, "node_modules", name), join(tree, "node_modules", name));
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), text);
}

/** Each rule broken and the file that breaks it, as `rule file`. */
async function cruise(): Promise<ReadonlySet<string>> {
  const cruiser = resolve(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const report = await new Promise<string>((resolveOutput) => {
    const command = [cruiser, "--output-type", "err", "packages", "bench"];
    execFile(process.execPath, command, { cwd: tree, env: { ...process.env, NO_COLOR: "1" } }, (_, out) => {
      resolveOutput(out);
    });
  });
  return new Set(
    [...report.matchAll(/error ([\w-/]+): (\S+) →/g)].map(([, rule, file]) => `${rule} ${file}`),
  );
}
