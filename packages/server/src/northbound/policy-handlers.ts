import { routes, type PolicyRequest } from "@heliograph/api";
import {
  channelOfPolicy,
  groupName,
  MAX_POLICIES,
  OWN_POLICY,
  paused,
  policyName,
  resumed,
  subjects,
  type AuditEntry,
  type PolicyName,
  type PolicyRecord,
  type Rollout,
  type SetPolicyResult,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { previewPolicy } from "./preview-policy.ts";
import { newEpoch } from "./publish.ts";
import { mayHold, readContent, readRules } from "./read-policy.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showCompliance, showPolicy, showVersion } from "./show-policy.ts";
import { ofSeenDevices } from "./visible.ts";

const PAGE = 100;
const PREVIEWED = 20;
/** Devices' own configurations are looked at together. */
const OWN: Pick<PolicyRecord, "name"> = { name: OWN_POLICY };

/** Policies: what groups of devices are to hold, and how far that has come. */
export function policyHandlers(ports: RestPorts) {
  const { store } = ports;
  return {
    listPolicies: serve(routes.listPolicies, async () => {
      const policies = await store.policies();
      const items = await Promise.all(policies.map((policy) => show(ports, policy)));
      return give(200, { items });
    }),

    getPolicy: serve(routes.getPolicy, async ({ input: { params } }) => {
      const policy = await findPolicy(ports, params.name);
      return isRefusal(policy) ? policy : give(200, await show(ports, policy));
    }),

    setPolicy: serve(routes.setPolicy, async ({ input: { params, body }, manager }) => {
      const name = policyName(params.name);
      return name === undefined ? badName() : setPolicy(ports, { name, body, manager });
    }),

    removePolicy: serve(routes.removePolicy, async ({ input: { params }, manager }) => {
      const policy = await findPolicy(ports, params.name);
      if (isRefusal(policy)) return policy;
      const { name } = policy;
      const audit = auditOf(ports, manager, { action: "remove-policy", detail: { name } });
      await store.commit("remove-policy", { name, at: audit.at, epoch: newEpoch(ports.random), audit });
      tell(ports);
      // All that it was begun with are members of its channel again.
      ports.bus.publish(subjects.channelChanged, { channel: channelOfPolicy(name) });
      return give(204, undefined);
    }),

    previewPolicy: serve(routes.previewPolicy, async ({ input: { params, body } }) => {
      const policy = await findPolicy(ports, params.name);
      if (isRefusal(policy)) return policy;
      return give(200, await previewPolicy(store, policy, body.limit ?? PREVIEWED));
    }),

    ...standingHandlers(ports),
    ...rolloutHandlers(ports),
  };
}

/** What was published, and where devices stand with it. */
function standingHandlers(ports: RestPorts) {
  const { store } = ports;
  return {
    listPolicyVersions: serve(routes.listPolicyVersions, async ({ input: { params } }) => {
      const policy = await findPolicy(ports, params.name);
      if (isRefusal(policy)) return policy;
      const versions = await store.policyVersions(policy.name);
      return give(200, { items: versions.map(showVersion) });
    }),

    listCompliance: serve(routes.listCompliance, async ({ input: { params, query }, manager }) => {
      const policy = params.name === OWN_POLICY ? OWN : await findPolicy(ports, params.name);
      if (isRefusal(policy)) return policy;
      const { cursor, limit = PAGE, state } = query;
      const page = await store.compliance({
        ...{ policy: policy.name, limit },
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const items = (await ofSeenDevices(manager, page.items)).map(showCompliance);
      return give(200, { ...page, items });
    }),

    listPoliciesOfDevice: serve(routes.listPoliciesOfDevice, async ({ input: { params } }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const standings = await store.complianceOf(device.key);
      return give(200, { items: standings.map(showCompliance) });
    }),
  };
}

/** What brings versions to groups. */
function rolloutHandlers(ports: RestPorts) {
  return {
    publishPolicy: serve(routes.publishPolicy, async ({ input: { params }, manager }) =>
      publishPolicy(ports, { name: params.name, manager }),
    ),

    rollBackPolicy: serve(routes.rollBackPolicy, async ({ input: { params, body }, manager }) => {
      const policy = await findPolicy(ports, params.name);
      if (isRefusal(policy)) return policy;
      const rollsBackTo = body.version ?? policy.version - 1;
      return publishPolicy(ports, { name: policy.name, manager, rollsBackTo });
    }),

    pausePolicy: serve(routes.pausePolicy, async ({ input: { params }, manager }) =>
      move(ports, { name: params.name, manager, action: "pause-policy" }, (policy) =>
        isUnderWay(policy.rollout) ? paused(policy.rollout, ports.clock.now()) : undefined,
      ),
    ),

    resumePolicy: serve(routes.resumePolicy, async ({ input: { params }, manager }) =>
      move(ports, { name: params.name, manager, action: "resume-policy" }, async ({ name, rollout }) => {
        if (rollout === undefined || rollout.state === "complete" || rollout.state === "running") {
          return undefined;
        }
        const counts = await ports.store.complianceCounts(name);
        return resumed({ rollout, counts }, ports.clock.now());
      }),
    ),
  };
}

interface PolicyWish {
  readonly name: PolicyName;
  readonly body: PolicyRequest;
  readonly manager: Manager;
}

async function setPolicy(ports: RestPorts, { name, body, manager }: PolicyWish) {
  const group = groupName(body.group);
  const draft = readContent(body);
  if (isRefusal(draft)) return draft;
  const rules = readRules(body.rules);
  if (isRefusal(rules)) return rules;
  const refusal = mayHold(manager.rights, draft) ?? (await unknownFile(ports, draft.file?.file));
  if (refusal !== undefined) return refusal;
  if (group === undefined) return unknownGroup(body.group);
  const { description = "" } = body;
  const audit = auditOf(ports, manager, { action: "set-policy", detail: { name, group } });
  const change = { name, description, group, draft, rules, at: audit.at, audit };
  const set = await ports.store.commit("set-policy", change);
  if (set.type === "refused") return refusalOf(set.reason, { name, group });
  tell(ports);
  return give(200, await show(ports, set.policy));
}

interface PublishWish {
  readonly name: string;
  readonly manager: Manager;
  readonly rollsBackTo?: number;
}

async function publishPolicy(ports: RestPorts, { name: text, manager, rollsBackTo }: PublishWish) {
  const { store, bus, random } = ports;
  const policy = await findPolicy(ports, text);
  if (isRefusal(policy)) return policy;
  const { name } = policy;
  const content =
    rollsBackTo === undefined ? policy.draft : (await store.policyVersion(name, rollsBackTo))?.content;
  const refusal = content && mayHold(manager.rights, content);
  if (refusal !== undefined) return refusal;
  const back = rollsBackTo === undefined ? {} : { rollsBackTo };
  const action = rollsBackTo === undefined ? "publish-policy" : "roll-back-policy";
  const audit = auditOf(ports, manager, { action, detail: { name, ...back } });
  const change = { name, epoch: newEpoch(random), at: audit.at, by: manager.name, audit, ...back };
  const published = await store.commit("publish-policy", change);
  if (published.type === "refused") {
    return refuse("unknown-policy-version", `${name} has no version ${rollsBackTo ?? policy.version}`);
  }
  tell(ports);
  const sequence = await store.lastPublication();
  bus.publish(subjects.published, { channel: channelOfPolicy(name), sequence });
  return give(200, await show(ports, await known(ports, name)));
}

interface Moving {
  readonly name: string;
  readonly manager: Manager;
  readonly action: "pause-policy" | "resume-policy";
}

/** Where the rollout moved on meanwhile, it is looked at again. */
async function move(
  ports: RestPorts,
  { name, manager, action }: Moving,
  next: (policy: PolicyRecord) => Rollout | undefined | Promise<Rollout | undefined>,
) {
  for (;;) {
    const policy = await findPolicy(ports, name);
    if (isRefusal(policy)) return policy;
    const { rollout: from } = policy;
    const to = await next(policy);
    if (from === undefined || to === undefined) {
      return refuse("not-rolling-out", `the rollout is ${from?.state ?? "not begun"}`);
    }
    const audit = auditOf(ports, manager, { action, detail: { name, version: policy.version } });
    const { held } = await ports.store.commit("move-rollout", { policy: policy.name, from, to, audit });
    if (!held) continue;
    tell(ports);
    return give(200, await show(ports, await known(ports, policy.name)));
  }
}

function isUnderWay(rollout: Rollout | undefined): rollout is Rollout {
  return rollout?.state === "running" || rollout?.state === "watching";
}

async function findPolicy({ store }: RestPorts, text: string): Promise<PolicyRecord | Refusal> {
  const name = policyName(text);
  const policy = name === undefined ? undefined : await store.policy(name);
  return (
    policy ?? refuse("unknown-policy", `no policy has the name ${text}: GET /api/v1/policies lists them`)
  );
}

async function known({ store }: RestPorts, name: PolicyName): Promise<PolicyRecord> {
  const policy = await store.policy(name);
  if (policy === undefined) throw new Error(`the policy ${name} has gone`);
  return policy;
}

async function show({ store }: RestPorts, policy: PolicyRecord) {
  return showPolicy(policy, await store.complianceCounts(policy.name));
}

/** Rollouts are looked at anew. */
function tell({ bus }: RestPorts): void {
  bus.publish(subjects.configChanged, { what: "policies" });
}

async function unknownFile({ files }: RestPorts, id: Parameters<RestPorts["files"]["file"]>[0] | undefined) {
  return id === undefined || (await files.file(id)) !== undefined
    ? undefined
    : refuseInput("invalid-policy", [{ at: "file.file", detail: "there is no such file" }]);
}

function refusalOf(
  reason: Extract<SetPolicyResult, { type: "refused" }>["reason"],
  { name, group }: { readonly name: string; readonly group: string },
): Refusal {
  switch (reason) {
    case "unknown-group":
      return unknownGroup(group);
    case "name-taken":
      return refuse("policy-name-taken", `${name} is a group or a channel: its members would get the policy`);
    case "too-many":
      return refuse("too-many-policies", `there are ${MAX_POLICIES} policies: remove one that nobody needs`);
  }
}

function auditOf(
  { clock }: RestPorts,
  { name: manager }: Manager,
  { action, detail }: Pick<AuditEntry, "action" | "detail">,
): AuditEntry {
  return { at: clock.now(), manager, action, detail };
}

function unknownGroup(name: string): Refusal {
  return refuse("unknown-group", `there is no group ${name}: GET /api/v1/groups lists those there are`);
}

function badName(): Refusal {
  const detail = "a letter or digit, then at most 63 letters, digits, `.`, `_` and `-`";
  return refuseInput("invalid-request", [{ at: "name", detail }]);
}
