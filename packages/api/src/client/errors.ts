import type { Fault, Operation } from "../operations.ts";
import type { Problem } from "../problem-document.ts";
import { problemReason, type ProblemReason } from "../problems.ts";

/** The ACS refused. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code = "E_API";
  readonly problem: Problem;
  /** Undefined where whoever answered does not speak this API: a proxy, another server. */
  readonly reason: ProblemReason | undefined;
  /** Milliseconds to wait before asking again, where the ACS said so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail === "" ? problem.title : problem.detail);
    this.problem = problem;
    this.reason = problemReason(problem.type);
    this.retryAfterMs = retryAfterMs;
  }

  /** HTTP status. */
  get status(): number {
    return this.problem.status;
  }
}

/** Nobody answered, or the answer broke off: whether the request was carried out is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code = "E_NO_ANSWER";
}

/** The device answered the RPC with a fault. */
export class DeviceFaultError extends Error {
  override readonly name = "DeviceFaultError";
  readonly code = "E_DEVICE_FAULT";
  readonly fault: Fault;
  readonly operation: Operation;

  constructor(fault: Fault, operation: Operation) {
    super(`${operation.device} refused with fault ${fault.code}: ${fault.message}`);
    this.fault = fault;
    this.operation = operation;
  }
}

/** The operation goes on, or ended without an answer of the device; `operation.state` says which. */
export class NoResultError extends Error {
  override readonly name = "NoResultError";
  readonly code = "E_NO_RESULT";
  readonly operation: Operation;

  constructor(operation: Operation) {
    super(`operation ${operation.id} is ${operation.state}${because(operation)}`);
    this.operation = operation;
  }
}

function because({ reason }: Operation): string {
  return reason === undefined ? "" : `: ${reason}`;
}
