// `value as Type` is allowed where a brand is made, and nowhere else: every other cast is a claim nobody checks.

/** TypeScript names a member keyed by a unique symbol `__@<constant>@<number>`. */
const BRAND_MEMBER = /^__@brand@/;

export const brandOnlyAssertions = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      cast: "A type assertion makes a brand or is `as const`; narrow the value or type it at its source.",
    },
  },
  create(context) {
    const { getTypeAtLocation } = context.sourceCode.parserServices;
    const check = (node) => {
      const target = node.typeAnnotation;
      if (!isConst(target) && !isBranded(getTypeAtLocation(target)))
        context.report({ node, messageId: "cast" });
    };
    return { TSAsExpression: check, TSTypeAssertion: check };
  },
};

function isConst(annotation) {
  return annotation.type === "TSTypeReference" && annotation.typeName.name === "const";
}

function isBranded(type) {
  return type.getProperties().some((member) => BRAND_MEMBER.test(member.escapedName));
}
