import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import ts from "typescript";
import { ROOT, isTest, sources } from "./sources.ts";
import type { Step } from "./step.ts";

const CODE = ["packages/**/*.{ts,tsx}", "scripts/**/*.ts", "{examples,bench}/**/*.ts"];

const FILE_LINES = 400;
/** Files that are over it on purpose, each with its decision record. */
const LONGER_FILES: ReadonlySet<string> = new Set(["packages/server/test/stranger-device.ts"]);
const FUNCTION_LINES = 60;
const FUNCTION_LINES_P95 = 30;
const PARAMETERS = 3;

export interface Measured {
  readonly path: string;
  readonly lines: number;
  readonly functions: readonly MeasuredFunction[];
}

export interface MeasuredFunction {
  readonly name: string;
  /** The line it starts on, from 1. */
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
  /** Those of its lines that are not the inside of another function. */
  readonly ownLines: number;
}

/** Files, functions and parameter lists against their budgets. */
export const sizes: Step = {
  name: "sizes",
  async run() {
    const paths = await sources(...CODE);
    const files = await Promise.all(
      paths.map(async (path) => measure(path, await readFile(resolve(ROOT, path), "utf8"))),
    );
    const functions = files.filter(({ path }) => !isTest(path)).flatMap(functionLines);
    const p95 = percentile95(functions);
    const over = files.flatMap(overBudget);
    if (p95 > FUNCTION_LINES_P95) {
      over.push(`functions: 95 of 100 have at most ${p95} lines, the budget is ${FUNCTION_LINES_P95}`);
    }
    const figures =
      `${files.length} files, longest ${longest(files.map(({ lines }) => lines))}; ` +
      `${functions.length} functions without tests, P95 ${p95}, longest ${longest(functions)}`;
    return { ok: over.length === 0, figures, output: over.join("\n") };
  },
};

/** Measures one file: its lines and every function in it that has a body. */
export function measure(path: string, text: string): Measured {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const functions: MeasuredFunction[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node)) functions.push(measureFunction(node, file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0), functions };
}

/**
 * What of a file is over its budget, one line each. In tests a function counts without those inside it: a suite is a
 * list of tests and may be long, each test may not.
 */
export function overBudget({ path, lines, functions }: Measured): string[] {
  const isOver = lines > FILE_LINES && !LONGER_FILES.has(path);
  const over = isOver ? [`${path}: ${lines} lines, at most ${FILE_LINES}`] : [];
  for (const measured of functions) {
    const at = `${path}:${measured.line}: ${measured.name}`;
    const counted = isTest(path) ? measured.ownLines : measured.lines;
    if (counted > FUNCTION_LINES) over.push(`${at}: ${counted} lines, at most ${FUNCTION_LINES}`);
    if (measured.parameters > PARAMETERS) {
      over.push(`${at}: ${measured.parameters} parameters, at most ${PARAMETERS}`);
    }
  }
  return over;
}

/** The value that 95 of 100 do not exceed; 0 of none. */
export function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function measureFunction(node: ts.SignatureDeclaration, file: ts.SourceFile): MeasuredFunction {
  const lines = lineCount(node, file);
  return {
    name: node.name?.getText(file) ?? nameFromParent(node.parent, file),
    line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1,
    lines,
    ownLines: lines - linesWithin(node, file),
    parameters: node.parameters.length,
  };
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

function lineCount(node: ts.Node, file: ts.SourceFile): number {
  const line = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
  return line(node.end) - line(node.getStart(file)) + 1;
}

function nameFromParent(parent: ts.Node, file: ts.SourceFile): string {
  const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return named ? parent.name.getText(file) : "(anonymous)";
}

function linesWithin(node: ts.Node, file: ts.SourceFile): number {
  let lines = 0;
  ts.forEachChild(node, (child) => {
    lines += isFunction(child) ? lineCount(child, file) - 1 : linesWithin(child, file);
  });
  return lines;
}

function functionLines({ functions }: Measured): readonly number[] {
  return functions.map(({ lines }) => lines);
}

function longest(lines: readonly number[]): number {
  return Math.max(0, ...lines);
}
