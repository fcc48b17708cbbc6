import type { JsonObject } from "@heliograph/protocol";
import type { PublicationResult } from "./channels.ts";
import type { Compliance, PolicyFault } from "./policies.ts";

/** A fault of a device that gave no code of its own: it could not, and does not say why. */
const INTERNAL_ERROR = 9002;
/** More of them tell a person nothing, and a device may send any number. */
const MOST_TOLD = 64;

/** Where a device stands with a policy, by what it said of its publication. */
export function standingOf({
  status,
  data = {},
}: Pick<PublicationResult, "status" | "data">): Pick<Compliance, "state" | "faults" | "drifted"> {
  const faults = faultsOf(data);
  const drifted = pathsOf(data["Drifted"]);
  if (data["Fighting"] === true) return { state: "fighting", ...(drifted.length > 0 ? { drifted } : {}) };
  if (data["NotApplicable"] === true) return { state: "not-applicable" };
  if (status === "faulted") return { state: "faulted", faults };
  return drifted.length > 0 ? { state: "drifted", drifted } : { state: "applied" };
}

function faultsOf(data: JsonObject): readonly PolicyFault[] {
  const said = data["Faults"];
  if (Array.isArray(said) && said.length > 0) return said.slice(0, MOST_TOLD).map(faultOf);
  const reason = data["Reason"];
  const message = typeof reason === "string" ? reason : "the device does not say why";
  return [{ code: INTERNAL_ERROR, message }];
}

function faultOf(said: unknown): PolicyFault {
  const fields = typeof said === "object" && said !== null ? { ...said } : {};
  const { Path, FaultCode, FaultString }: Partial<Record<string, unknown>> = fields;
  return {
    ...(typeof Path === "string" ? { path: Path } : {}),
    code: typeof FaultCode === "number" ? FaultCode : INTERNAL_ERROR,
    message: typeof FaultString === "string" ? FaultString : "the device does not say why",
  };
}

function pathsOf(said: unknown): readonly string[] {
  if (!Array.isArray(said)) return [];
  return said.filter((each) => typeof each === "string").slice(0, MOST_TOLD);
}
