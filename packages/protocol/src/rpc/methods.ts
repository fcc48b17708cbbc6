import { rpc } from "./definition.ts";
import { text, textArray } from "./field.ts";

/** Both sides answer it [CWMP 1.4 A.3.1.1]. */
export const methodRpcs = {
  GetRPCMethods: rpc({
    since: "1.0",
    reads: true,
    resend: "freely",
    request: {},
    answer: { MethodList: textArray(text(64), { least: 1 }) },
  }),
};
