// Who may import whom, as docs/ARCHITECTURE.md has it. A row is one folder and all that its code may import besides
// itself; what no row allows fails `npm run check`, and so does every cycle, one of types included.

const NODE = Symbol("Node's own modules");
const TABLE = [
  { name: "protocol", folder: "packages/protocol/src", may: [] },
  { name: "agent", folder: "packages/agent/src", without: "node", may: ["protocol"] },
  { name: "agent/node", folder: "packages/agent/src/node", may: ["protocol", "agent", NODE, npm("ws")] },
  { name: "api", folder: "packages/api/src", may: [npm("typebox")] },
  { name: "ports", folder: "packages/server/src/ports", may: ["protocol"] },
  { name: "engine", folder: "packages/server/src/engine", may: ["ports", "protocol"] },
  {
    name: "bus",
    folder: "packages/server/src/bus",
    may: ["ports", "protocol", NODE, npm("@nats-io/[^/]+")],
  },
  {
    name: "store",
    folder: "packages/server/src/store",
    may: ["ports", "protocol", NODE, npm("pg"), npm("diff")],
  },
  { name: "http", folder: "packages/server/src/http", may: ["ports", NODE] },
  { name: "stomp", folder: "packages/server/src/stomp", may: ["ports", "protocol"] },
  { name: "channels", folder: "packages/server/src/channels", may: ["ports", "protocol"] },
  {
    name: "southbound",
    folder: "packages/server/src/southbound",
    may: [
      "ports",
      "http",
      "stomp",
      "channels",
      "protocol",
      NODE,
      npm("ws"),
      npm("jose"),
      npm("@xmpp/client"),
    ],
  },
  {
    name: "northbound",
    folder: "packages/server/src/northbound",
    may: [
      "ports",
      "http",
      "stomp",
      "channels",
      "protocol",
      "api",
      NODE,
      npm("fastify"),
      npm("@fastify/[^/]+"),
      npm("ws"),
      npm("jose"),
    ],
  },
  {
    name: "main",
    folder: "packages/server/src/main",
    may: [
      ...["ports", "engine", "bus", "store", "southbound", "northbound", "api", "protocol"],
      ...[NODE, npm("jose"), npm("pino"), npm("prom-client"), npm("@opentelemetry/[^/]+")],
    ],
  },
  { name: "console", folder: "packages/console/src", may: ["api", npm("preact"), npm("uplot")] },
  { name: "simulator", folder: "packages/simulator/src", may: ["agent", "agent/node", "protocol", NODE] },
  { name: "conformance", folder: "packages/conformance/src", may: [NODE] },
  {
    name: "cli",
    folder: "packages/cli/src",
    may: ["api", "simulator", "conformance", "agent", "agent/node", "main", NODE],
  },
  {
    name: "testkit",
    folder: "packages/testkit/src",
    may: ["protocol", "agent", "agent/node", NODE, npm("ws")],
  },
];

const TEST = "^packages/.+[.](test|suite|fixture)[.]ts$|^packages/[^/]+/test/";
const PROGRAM = "^(bench|examples)/";
/** What tests, bench and examples may use besides the libraries of the table. */
const TEST_LIBRARIES = [
  npm("saxes"),
  npm("fast-check"),
  npm("@electric-sql/pglite"),
  npm("@stomp/stompjs"),
  npm("stompit"),
  npm("ajv"),
  npm("kubernetes-models"),
  npm("typescript"),
  npm("mqtt"),
  npm("amqplib"),
];

const table = TABLE.map((row) => {
  return {
    name: `${row.name}-may-import`,
    comment: `${row.folder} imports only what its row of the table allows.`,
    severity: "error",
    from: { path: inside(row), pathNot: TEST },
    to: only([inside(row), ...row.may.filter(isPath).map(path)], row.may.includes(NODE)),
  };
});

const tests = [
  { name: "tests-may-import", from: { path: TEST }, own: "^packages/[^/]+/(src|test)/" },
  { name: "programs-may-import", from: { path: PROGRAM }, own: `${PROGRAM}|^packages/[^/]+/src/` },
].map(({ name, from, own }) => {
  return {
    name,
    comment: "Tests, bench and examples import any package's entry and the libraries the project stands on.",
    severity: "error",
    from,
    to: only(
      [own, ...[...TABLE.flatMap(({ may }) => may), ...TEST_LIBRARIES].filter(isLibrary).map(path)],
      true,
    ),
  };
});

module.exports = {
  forbidden: [
    ...table,
    ...tests,
    {
      name: "every-folder-has-a-row",
      comment: "A source folder that is not in the table has no place yet: give it a row.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: [TEST, ...TABLE.map(inside)] },
      to: {},
    },
    {
      name: "packages-by-name",
      comment: "Another package is imported by its name, which gives what its package.json exports.",
      severity: "error",
      from: { path: "^(packages/[^/]+|[^/]+)/" },
      to: { path: "^packages/", pathNot: "^$1/", dependencyTypesNot: ["aliased-workspace"] },
    },
    {
      name: "test-code-in-tests",
      comment: "Suites, tests and the testkit are there for tests, bench and examples.",
      severity: "error",
      from: { pathNot: [TEST, PROGRAM, "^packages/testkit/"] },
      to: { path: [TEST, "^packages/testkit/"] },
    },
    {
      name: "no-cycles",
      comment: "Two files that import each other are one file, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "Every import leads somewhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "declared",
      comment: "A library stands in the package.json of the package that uses it.",
      severity: "error",
      from: { path: "^packages/", pathNot: [TEST] },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-dev-libraries",
      comment: "What ships does not lean on a development dependency.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: [TEST, "^packages/testkit/"] },
      to: { dependencyTypes: ["npm-dev"], pathNot: "node_modules/@types/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    combinedDependencies: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/fixtures/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".js"],
    },
  },
};

/** An import to anywhere but the paths given (and Node's modules, where they are allowed). */
function only(paths, withNode) {
  return { pathNot: paths, ...(withNode ? { dependencyTypesNot: ["core"] } : {}) };
}

function path(name) {
  return isLibrary(name) ? name.library : inside(TABLE.find((row) => row.name === name));
}

function inside({ folder, without }) {
  return without === undefined ? `^${folder}/` : `^${folder}/(?!${without}/)`;
}

function npm(name) {
  return { library: `(^|/)node_modules/(@types/)?${name}/` };
}

function isLibrary(allowed) {
  return typeof allowed === "object";
}

function isPath(allowed) {
  return allowed !== NODE;
}
