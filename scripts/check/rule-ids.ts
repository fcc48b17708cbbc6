import ts from "typescript";

const DECLARATIONS = new Set(["describe", "it", "suite", "test"]);
const BRACKETS = /\[([A-Z0-9]+-[A-Z]+-\d+(?:, ?[A-Z0-9]+-[A-Z]+-\d+)*)\]/g;

/** The rule ids that stand in square brackets in a text: `… [CWMP-EVENT-3, CWMP-EVENT-4]`. */
export function ruleIds(text: string): readonly string[] {
  return [...text.matchAll(BRACKETS)].flatMap(([, ids]) => ids?.split(/, ?/) ?? []);
}

/** The titles of the tests and groups of tests that a file declares, by `test`, `t.test` and the like. */
export function testTitles(path: string, text: string): readonly string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && DECLARATIONS.has(calledName(node))) {
      const [title] = node.arguments;
      if (title !== undefined && (ts.isStringLiteral(title) || ts.isTemplateLiteral(title))) {
        titles.push(title.getText(file).slice(1, -1));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return titles;
}

function calledName({ expression }: ts.CallExpression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : "";
}
