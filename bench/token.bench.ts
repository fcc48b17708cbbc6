import {
  CWMP_1_0,
  decodeDeviceAnswer,
  decodeEnvelope,
  decodePositional,
  decodeToken,
  defaultLimits,
  encodeAnswer,
  encodeRequest,
  encodeTokenAnswer,
  encodeTokenRequest,
  grouped,
  positional,
  positionalAnswer,
  type CompactValue,
  type Limits,
} from "@heliograph/protocol";
import { parametersOf } from "./parameters.ts";

const SIZES = [1, 20, 1_000] as const;
const HALF_SECOND_MS = 500;
const READ: { readonly role: "acs"; readonly limits: Limits } = { role: "acs", limits: defaultLimits };

/** GetParameterValues of full paths, as one form writes question and answer, and reads the answer. */
interface Form {
  readonly name: string;
  readonly question: string;
  readonly answer: string;
  readonly read: () => void;
}

function forms(count: number): readonly Form[] {
  const parameters = parametersOf(count);
  const names = parameters.map(([path]) => path);
  const values = grouped(parameters);
  const asked = { ParameterNames: names };
  const result = { ParameterList: values };
  return [
    soap(asked, result),
    token("token", [asked, result], (answer) => decodeDeviceAnswer("GetParameterValues", answer).ok),
    token(
      "token, values alone",
      [positional(asked) ?? asked, positionalAnswer(names, values)],
      (answer) => decodePositional(names, answer).ok,
    ),
  ];
}

function soap(
  params: { readonly ParameterNames: readonly string[] },
  result: { readonly ParameterList: ReturnType<typeof grouped<CompactValue>> },
): Form {
  const frame = { id: "a1", namespace: CWMP_1_0 };
  const answer = encodeAnswer({ ...frame, method: "GetParameterValues", result });
  return {
    name: "SOAP",
    question: encodeRequest({ ...frame, request: { method: "GetParameterValues", params } }),
    answer,
    read: () => taken(decodeEnvelope(answer, READ).ok),
  };
}

function token(
  name: string,
  [params, result]: readonly [params: object, result: object],
  read: (answer: unknown) => boolean,
): Form {
  const answer = encodeTokenAnswer("a1", result);
  return {
    name,
    question: encodeTokenRequest({ id: "a1", method: "GetParameterValues", params }),
    answer,
    read: () => {
      const decoded = decodeToken(answer, READ);
      taken(decoded.ok && decoded.value.kind === "answer" && read(decoded.value.result));
    },
  };
}

function taken(ok: boolean): void {
  if (!ok) throw new Error("an answer of our own was refused");
}

/** For one run, after half a second to warm up. */
function microseconds(run: () => void): number {
  runFor(HALF_SECOND_MS, run);
  return runFor(HALF_SECOND_MS, run);
}

function runFor(durationMs: number, run: () => void): number {
  const started = performance.now();
  let runs = 0;
  let passedMs = 0;
  while (passedMs < durationMs) {
    run();
    runs += 1;
    passedMs = performance.now() - started;
  }
  return (passedMs * 1_000) / runs;
}

console.log(
  "GetParameterValues of full paths, from the codecs alone: neither HTTP's headers nor WebSocket's are counted\n",
);
console.log(`${"".padEnd(36)} question B   answer B   of SOAP    read µs   of SOAP`);
for (const count of SIZES) {
  const all = forms(count).map((form) => ({ ...form, time: microseconds(form.read) }));
  const [first] = all;
  for (const { name, question, answer, time } of all) {
    const [bytes, least] = [Buffer.byteLength(answer), Buffer.byteLength(first?.answer ?? "")];
    const figures = [
      String(Buffer.byteLength(question)).padStart(10),
      String(bytes).padStart(10),
      `${((bytes / least) * 100).toFixed(0)} %`.padStart(9),
      time.toFixed(1).padStart(10),
      `${((time / (first?.time ?? time)) * 100).toFixed(0)} %`.padStart(9),
    ];
    console.log(`${`${count} parameters, ${name}`.padEnd(36)} ${figures.join(" ")}`);
  }
}
