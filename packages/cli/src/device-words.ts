import type { Approval, Device, Reachability } from "@heliograph/api";
import type { Cell, Tone } from "./output.ts";

const REACHABILITY_TONES: Readonly<Record<Reachability, Tone>> = {
  connected: "good",
  wakeable: "strong",
  unreachable: "bad",
};

const APPROVAL_TONES: Readonly<Record<Approval, Tone>> = {
  approved: "good",
  waiting: "unsure",
  rejected: "bad",
};

export function reachabilityCell({ reachability }: Device): Cell {
  return { text: reachability, tone: REACHABILITY_TONES[reachability] };
}

export function approvalCell({ approval }: Device): Cell {
  return { text: approval, tone: APPROVAL_TONES[approval] };
}

/** Whether the device logs in with credentials of its own, in a sentence. */
export function credentialsSentence({ credentials }: Device): string {
  switch (credentials) {
    case "none":
      return "none of its own yet";
    case "staged":
      return "its own, sent but not confirmed yet";
    case "confirmed":
      return "its own, confirmed";
    case "refused":
      return "refused by the device, which keeps those it had";
  }
}
