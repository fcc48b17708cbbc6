import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { brandOnlyAssertions } from "./scripts/lint/brand-only-assertions.js";

const TESTS = ["**/*.test.ts", "**/*.suite.ts", "**/*.fixture.ts", "packages/*/test/**/*.ts"];
const PURE = ["packages/protocol/src/**/*.ts", "packages/server/src/engine/**/*.ts"];
const TEST_DECLARATIONS = ["after", "afterEach", "before", "beforeEach", "describe", "it", "suite", "test"];

const namedExportsOnly = [
  { selector: "ExportDefaultDeclaration", message: "Export by name." },
  { selector: "ExportSpecifier[exported.name='default']", message: "Export by name." },
];
const plainValues = [
  { selector: "TSEnumDeclaration", message: "Use a union of literals." },
  { selector: "TSModuleDeclaration[kind='namespace']", message: "Use a module." },
  { selector: "TSParameterProperty", message: "Declare the field and assign it." },
];

export default defineConfig(
  globalIgnores(["**/node_modules/", "**/dist/", "**/fixtures/", "data/", "coverage/"]),
  {
    files: ["**/*.{js,cjs,mjs}"],
    extends: [tseslint.configs.base],
    rules: { "max-lines": ["error", 400], "max-params": ["error", 3] },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { heliograph: { rules: { "brand-only-assertions": brandOnlyAssertions } } },
    rules: {
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 60],
      "@typescript-eslint/max-params": ["error", { max: 3 }],
      "no-restricted-syntax": ["error", ...namedExportsOnly, ...plainValues],
      "no-console": "error",
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      "heliograph/brand-only-assertions": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: TEST_DECLARATIONS }] },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // An adapter's method is async because its port says so, whether or not this adapter has to wait.
      "@typescript-eslint/require-await": "off",
      // There are no enums, and to look for them takes long.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
    },
  },
  {
    // No clock, no chance, no timers: what a codec or a decision needs comes in with its input.
    files: PURE,
    ignores: TESTS,
    rules: {
      "no-restricted-globals": [
        "error",
        ...[
          "Buffer",
          "crypto",
          "fetch",
          "performance",
          "process",
          "setImmediate",
          "setInterval",
          "setTimeout",
        ],
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Time comes in with the input." },
        { object: "Math", property: "random", message: "Randomness comes in with the input." },
      ],
    },
  },
  {
    // A suite is a list of tests: the size budget of `npm run check` measures the functions inside it.
    files: TESTS,
    rules: { "max-lines-per-function": "off" },
  },
  {
    // One file on purpose: docs/decisions/0008.
    files: ["packages/server/test/stranger-device.ts"],
    rules: { "max-lines": "off" },
  },
  {
    files: ["scripts/**/*.ts", "packages/{cli,simulator}/**/*.ts", "examples/**/*.ts", "bench/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["**/*.d.ts", "**/*.config.ts"],
    rules: { "no-restricted-syntax": ["error", ...plainValues] },
  },
);
