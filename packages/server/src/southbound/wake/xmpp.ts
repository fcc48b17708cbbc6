import type { DeviceRecord, LearnedParameter, Store } from "../../ports/index.ts";

/** What a person is told of a device that could be called by XMPP alone. */
export const ONLY_BY_XMPP = "it takes connection requests by XMPP, which this ACS does not send";

/** Whether the device says that it can be called by XMPP [TR-181 ManagementServer.]. */
export async function takesXmpp({ key, facts }: DeviceRecord, store: Store): Promise<boolean> {
  if (facts.root === undefined) return false;
  const server = `${facts.root}ManagementServer.`;
  const leaves = (await store.parameters(key, server))[server] ?? {};
  const methods = textOf(leaves["SupportedConnReqMethods"]).split(",");
  return methods.some((method) => method.trim() === "XMPP") || textOf(leaves["ConnReqJabberID"]) !== "";
}

function textOf(parameter: LearnedParameter | undefined): string {
  const value = parameter?.value ?? "";
  return (typeof value === "object" ? value[0] : String(value)).trim();
}
