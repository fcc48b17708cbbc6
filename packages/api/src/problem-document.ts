import { Type } from "typebox";
import { PROBLEM_URI_PREFIX, problemUri } from "./problems.ts";
import type { Shape } from "./schema.ts";

export type ProblemError = Shape<typeof ProblemError>;
export const ProblemError = Type.Object(
  {
    at: Type.String({
      description: "Where in the body, as a JSON path; or the name of the query parameter or header.",
      examples: ["$.params.ParameterNames[0]", "limit"],
    }),
    detail: Type.String(),
  },
  { title: "ProblemError" },
);

export type Problem = Shape<typeof Problem>;
export const Problem = Type.Object(
  {
    type: Type.String({
      description: `\`${PROBLEM_URI_PREFIX}\` and the reason, which never changes its meaning.`,
      examples: [problemUri("unknown-device")],
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What went wrong here, and what to do about it." }),
    errors: Type.Optional(Type.Array(ProblemError)),
  },
  { title: "Problem", description: "A refusal of the ACS [RFC 9457]. A device's fault is none." },
);
