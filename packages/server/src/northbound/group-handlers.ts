import { routes, type GroupRequest } from "@heliograph/api";
import { printExpression } from "@heliograph/protocol";
import { groupName, MAX_GROUPS, policyName, subjects, type GroupName, type Store } from "../ports/index.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { hiddenFrom, readExpression, untrusted } from "./read-expression.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showGroup, showMember, showMembership } from "./show-group.ts";
import { showEvent } from "./show-journal.ts";
import type { Manager } from "./authentication.ts";
import { ofSeenDevices, visibleEvents } from "./visible.ts";

const PAGE = 100;

/** Groups of devices: what they are, who belongs to them, and who came and went. */
export function groupHandlers(ports: NorthboundPorts) {
  const { store, bus, clock } = ports;
  return {
    listGroups: serve(routes.listGroups, async () => {
      const groups = await store.groups();
      return give(200, { items: groups.map(showGroup) });
    }),

    getGroup: serve(routes.getGroup, async ({ input: { params } }) => {
      const name = groupName(params.name);
      const group = name && (await store.group(name));
      return group === undefined ? unknownGroup(params.name) : give(200, showGroup(group));
    }),

    setGroup: serve(routes.setGroup, async ({ input: { params, body }, manager }) => {
      const name = groupName(params.name);
      return name === undefined ? badName() : setGroup(ports, { name, body, manager });
    }),

    removeGroup: serve(routes.removeGroup, async ({ input: { params }, manager }) => {
      const name = groupName(params.name);
      if (name === undefined) return unknownGroup(params.name);
      const audit = { at: clock.now(), manager: manager.name, action: "remove-group", detail: { name } };
      const { held } = await store.commit("remove-group", { name, audit });
      if (!held) return unknownGroup(params.name);
      bus.publish(subjects.configChanged, { what: "groups" });
      return give(204, undefined);
    }),

    listGroupMembers: serve(routes.listGroupMembers, async ({ input: { params, query }, manager }) => {
      const group = await knownGroup(ports, params.name);
      if (group === undefined) return unknownGroup(params.name);
      const page = await store.groupMembers({ group, ...pageOf(query) });
      const items = (await ofSeenDevices(manager, page.items)).map(showMember);
      return give(200, { ...page, items });
    }),

    listGroupChanges: serve(routes.listGroupChanges, async ({ input: { params, query }, manager }) => {
      const group = await knownGroup(ports, params.name);
      if (group === undefined) return unknownGroup(params.name);
      if (query.cursor !== undefined && !/^\d{1,15}$/.test(query.cursor)) {
        return refuseInput("invalid-request", [
          { at: "cursor", detail: "hand in the `next` of the page before" },
        ]);
      }
      const page = await store.groupChanges({ group, ...pageOf(query) });
      const items = (await visibleEvents(manager, page.items)).map(showEvent);
      return give(200, { ...page, items });
    }),

    listGroupsOfDevice: serve(routes.listGroupsOfDevice, async ({ input: { params } }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      const memberships = await store.groupsOf(device.key);
      return give(200, { items: memberships.map(showMembership) });
    }),
  };
}

interface GroupWish {
  readonly name: GroupName;
  readonly body: GroupRequest;
  readonly manager: Manager;
}

async function setGroup({ store, bus, clock }: NorthboundPorts, { name, body, manager }: GroupWish) {
  const read = readExpression(body.expression, "expression");
  if (isRefusal(read)) return read;
  if (await isPolicy(store, name)) {
    return refuse("policy-name-taken", `${name} is a policy, whose channel the group's devices would hear`);
  }
  const { trustedFactsOnly = false, description = "" } = body;
  const refusal = hiddenFrom(manager.rights, read) ?? (trustedFactsOnly ? untrusted(read) : undefined);
  if (refusal !== undefined) return refusal;
  const at = clock.now();
  const what = { name, description, expression: printExpression(read), trustedFactsOnly };
  const audit = { at, manager: manager.name, action: "set-group", detail: what };
  const result = await store.commit("set-group", { ...what, at, audit });
  if (result.type === "refused") {
    return refuse("too-many-groups", `there are ${MAX_GROUPS} groups: remove one that nobody needs`);
  }
  bus.publish(subjects.configChanged, { what: "groups" });
  return give(200, showGroup(result.group));
}

async function isPolicy(store: Store, name: GroupName): Promise<boolean> {
  const policy = policyName(name);
  return policy !== undefined && (await store.policy(policy)) !== undefined;
}

async function knownGroup({ store }: NorthboundPorts, name: string): Promise<GroupName | undefined> {
  const group = groupName(name);
  return group && (await store.group(group))?.name;
}

function pageOf({ limit, cursor }: { readonly limit?: number; readonly cursor?: string }) {
  return { limit: limit ?? PAGE, ...(cursor === undefined ? {} : { after: cursor }) };
}

function unknownGroup(name: string): Refusal {
  return refuse("unknown-group", `there is no group ${name}: GET /api/v1/groups lists those there are`);
}

function badName(): Refusal {
  const detail = "a letter or digit, then at most 63 letters, digits, `.`, `_` and `-`";
  return refuseInput("invalid-request", [{ at: "name", detail }]);
}
