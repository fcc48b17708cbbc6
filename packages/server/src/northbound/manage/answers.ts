import { decodeDeviceAnswer, encodeAnswer, encodeFault, faultText, type Fault } from "@heliograph/protocol";
import type { OperationRecord } from "../../ports/index.ts";
import { PROBLEM_MEDIA_TYPE, problemOf, type Refusal } from "../refusal.ts";
import type { Group, Member } from "./groups.ts";
import type { Question, QuestionForm } from "./question.ts";

/**
 * What a question is answered. `status`: `ok`; `fault`, of the device or because a call before it faulted; `refused`, where it
 * was not accepted; or how its operation ended otherwise.
 */
export interface Answer {
  readonly requestId: string;
  readonly status: string;
  readonly contentType: string;
  readonly body: string;
  /** Left out where there is none. */
  readonly operation?: string;
}

const NOT_RUN = 8001;
const INTERNAL = 8002;

/** The answers to those of a group's questions that want one, once its operation has ended. */
export function answersOf({ members }: Group, operation: OperationRecord): readonly Answer[] {
  return members.flatMap((member) => {
    const { requestId } = member.question;
    if (requestId === undefined) return [];
    return [{ requestId, ...told(member, operation), operation: operation.id }];
  });
}

/** The answer to what the ACS does itself. */
export function resultOf(requestId: string, result: object): Answer {
  return { requestId, ...json("ok", result) };
}

/** The answer to a question that was not accepted. */
export function refusalOf(requestId: string, refusal: Refusal): Answer {
  const body = JSON.stringify(problemOf(refusal));
  return { requestId, status: "refused", contentType: PROBLEM_MEDIA_TYPE, body };
}

type Told = Pick<Answer, "status" | "contentType" | "body">;

function told({ question, rpc }: Member, operation: OperationRecord): Told {
  const outcome = operation.outcomes[rpc];
  const { form } = question;
  if (outcome?.result !== undefined) return resulted(question, outcome.result);
  if (outcome?.fault !== undefined) return faulted(form, outcome.fault);
  const { state, reason = "" } = operation;
  const isNext = rpc === operation.outcomes.length;
  // A call whose outcome is unknown is one; those behind it never left.
  return state === "faulted" || (state === "outcome-unknown" && !isNext)
    ? faulted(
        form,
        fault(NOT_RUN, `not run: ${state === "faulted" ? "a call" : "how a call ended"} before it`),
      )
    : { ...faulted(form, fault(INTERNAL, `${state}: ${reason}`)), status: state };
}

function resulted({ form, call: { method } }: Question, result: object): Told {
  if (form.type === "json") return json("ok", result);
  const answer = decodeDeviceAnswer(method, result);
  const body = answer.ok
    ? encodeAnswer({ ...form, ...answer.value })
    : encodeFault({ ...form, fault: fault(INTERNAL, answer.problem.detail), role: "acs" });
  return { status: answer.ok ? "ok" : "fault", contentType: XML, body };
}

function faulted(form: QuestionForm, { code, message, data }: Fault): Told {
  if (form.type === "json") return json("fault", { code, message, ...(data === undefined ? {} : { data }) });
  const role = code >= FIRST_OF_DEVICE ? "device" : "acs";
  const given = { code, message, ...(data === undefined ? {} : { data }) };
  return { status: "fault", contentType: XML, body: encodeFault({ ...form, fault: given, role }) };
}

const XML = "text/xml";
const FIRST_OF_DEVICE = 9000;

function json(status: string, value: object): Told {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

function fault(code: number, detail: string): Fault {
  return { code, message: `${faultText(code)}: ${detail}` };
}
