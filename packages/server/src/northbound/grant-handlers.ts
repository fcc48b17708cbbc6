import { routes, type Grant as ShownGrant, type GrantNarrowing, type GrantRequest } from "@heliograph/api";
import {
  beyond,
  grantId,
  LONGEST_GRANT_MS,
  READING_METHODS,
  readPrinted,
  subjects,
  USUAL_GRANT_MS,
  WRITING_METHODS,
  type AuditEntry,
  type Grant,
  type GrantId,
  type Rights,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { cancelGrantWork } from "./grant-work.ts";
import { hiddenFrom } from "./read-expression.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { countDevices } from "./search-devices.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { readScope, showGrant, showRights, wrongPrefixes } from "./show-rights.ts";
import { showTranscript } from "./transcript.ts";

const ID_BYTES = 8;
const SECOND_MS = 1_000;

/** Admits people for a while [LIGHT 7]. */
export function grantHandlers(ports: RestPorts) {
  return {
    listGrants: serve(routes.listGrants, async () => {
      const grants = await ports.store.grants();
      return give(200, { items: grants.map(showGrant) });
    }),

    createGrant: serve(routes.createGrant, ({ input: { body }, manager }) => create(ports, body, manager)),

    getGrant: serve(routes.getGrant, async ({ input: { params }, manager }) => {
      const grant = await findGrant(ports, params.id, manager);
      return isRefusal(grant) ? grant : give(200, await showCovering(ports, grant));
    }),

    narrowGrant: serve(routes.narrowGrant, async ({ input: { params, body }, manager }) => {
      const grant = await findGrant(ports, params.id, manager);
      return isRefusal(grant) ? grant : narrow(ports, { grant, manager }, body);
    }),

    extendGrant: serve(routes.extendGrant, async ({ input: { params, body }, manager }) => {
      const grant = await findGrant(ports, params.id, manager);
      return isRefusal(grant) ? grant : extend(ports, { grant, manager }, body.seconds);
    }),

    revokeGrant: serve(routes.revokeGrant, async ({ input: { params }, manager }) => {
      const grant = await findGrant(ports, params.id, manager);
      if (isRefusal(grant)) return grant;
      const { id } = grant;
      const at = ports.clock.now();
      const audit = auditOf("revoke-grant", { at, manager, id, detail: {} });
      await ports.store.commit("revoke-grant", { id, at, audit });
      announce(ports, id);
      await cancelGrantWork(ports, id);
      return give(204, undefined);
    }),

    getTranscript: serve(routes.getTranscript, async ({ input: { params }, manager }) => {
      const grant = await findGrant(ports, params.id, manager);
      return isRefusal(grant) ? grant : give(200, await showTranscript(ports.store, grant));
    }),
  };
}

async function create(ports: RestPorts, body: GrantRequest, manager: Manager) {
  const { store, clock, random, grantTokens } = ports;
  const rights = rightsOf(body);
  if (isRefusal(rights)) return rights;
  const refusal = notGiven(rights, manager);
  if (refusal !== undefined) return refusal;
  const id = grantId(random.hex(ID_BYTES));
  if (id === undefined) throw new Error("the random port gave no 16 hexadecimal digits");
  const at = clock.now();
  const expiresAt = at + (body.seconds === undefined ? USUAL_GRANT_MS : body.seconds * SECOND_MS);
  const { holder, reason } = body;
  const grant: Grant = { id, holder, reason, rights, givenBy: manager.name, createdAt: at, expiresAt };
  const detail = { holder, reason, rights: showRights(rights), expires: new Date(expiresAt).toISOString() };
  await store.commit("add-grant", { grant, audit: auditOf("create-grant", { at, manager, id, detail }) });
  // The token outlasts the grant, which may be extended: what counts is in the store.
  const token = await grantTokens.sign(id, at + LONGEST_GRANT_MS);
  return give(201, { ...(await showCovering(ports, grant)), token });
}

/** How many devices an expression covers now is said with it: it may be more than its giver meant. */
async function showCovering(ports: RestPorts, grant: Grant): Promise<ShownGrant> {
  const { devices: scope } = grant.rights;
  if (scope.type !== "expression") return showGrant(grant);
  return { ...showGrant(grant), covers: await countDevices(ports, readPrinted(scope.expression)) };
}

/** Why somebody does not give these rights: they lack them, or could find out by them what they may not read. */
function notGiven(rights: Rights, manager: Manager): Refusal | undefined {
  const excess = beyond(rights, manager.rights);
  return excess === undefined ? hiddenScope(rights, manager) : tooMuch(excess);
}

function hiddenScope({ devices }: Rights, { rights }: Manager): Refusal | undefined {
  return devices.type === "expression" ? hiddenFrom(rights, readPrinted(devices.expression)) : undefined;
}

interface Changing {
  readonly grant: Grant;
  readonly manager: Manager;
}

/** By its holder, too: nobody is kept from having less. */
async function narrow(ports: RestPorts, changing: Changing, body: GrantNarrowing) {
  const { grant } = changing;
  const left = narrowed(grant.rights, body);
  if (isRefusal(left)) return left;
  const excess = beyond(left, grant.rights);
  if (excess !== undefined) return refuse("not-allowed", `a grant is only narrowed: ${excess} is not in it`);
  const hidden = body.devices === undefined ? undefined : hiddenScope(left, changing.manager);
  if (hidden !== undefined) return hidden;
  const asked = body.seconds === undefined ? grant.expiresAt : ports.clock.now() + body.seconds * SECOND_MS;
  const expiresAt = Math.min(asked, grant.expiresAt);
  return change(ports, changing, { action: "narrow-grant", rights: left, expiresAt });
}

/** By whoever could give it now. */
async function extend(ports: RestPorts, changing: Changing, seconds: number) {
  const { grant, manager } = changing;
  const now = ports.clock.now();
  const excess = beyond(grant.rights, manager.rights);
  if (excess !== undefined) return tooMuch(excess);
  if (grant.expiresAt <= now) return isOver();
  const latest = grant.createdAt + LONGEST_GRANT_MS;
  const expiresAt = Math.max(grant.expiresAt, now + seconds * SECOND_MS);
  if (expiresAt > latest) {
    const until = new Date(latest).toISOString();
    const detail = `goes beyond seven days in all, which are over at ${until}: give a new grant`;
    return refuseInput("invalid-request", [{ at: "$.seconds", detail }]);
  }
  return change(ports, changing, { action: "extend-grant", rights: grant.rights, expiresAt });
}

interface Changed {
  readonly action: string;
  readonly rights: Rights;
  readonly expiresAt: number;
}

async function change(
  ports: RestPorts,
  { grant, manager }: Changing,
  { action, rights, expiresAt }: Changed,
) {
  const { id } = grant;
  const at = ports.clock.now();
  const detail = { rights: showRights(rights), expires: new Date(expiresAt).toISOString() };
  const audit = auditOf(action, { at, manager, id, detail });
  const was = { rights: grant.rights, expiresAt: grant.expiresAt };
  const { held } = await ports.store.commit("change-grant", { id, was, rights, expiresAt, audit });
  if (!held) return isOver();
  announce(ports, id);
  return give(200, await showCovering(ports, { ...grant, rights, expiresAt }));
}

/** For those who give grants, and for who holds it; for others it is not there. */
async function findGrant(
  { store }: RestPorts,
  text: string,
  { rights, authority }: Manager,
): Promise<Grant | Refusal> {
  const id = grantId(text);
  const isOwn = authority?.type === "grant" && authority.id === id;
  const isSeen = id !== undefined && (isOwn || rights.acts.includes("give-grants"));
  const grant = isSeen ? await store.grant(id) : undefined;
  return grant ?? refuse("unknown-grant", `no grant has the id ${text}`);
}

function rightsOf(body: GrantRequest): Rights | Refusal {
  const { read = [], write = [], channels = [] } = body;
  const devices = readScope(body.devices);
  if (isRefusal(devices)) return devices;
  const wrong = wrongPrefixes({ read, write });
  if (wrong !== undefined) return wrong;
  const bounded = [...(read.length > 0 ? READING_METHODS : []), ...(write.length > 0 ? WRITING_METHODS : [])];
  return {
    devices,
    methods: { type: "names", names: body.methods ?? bounded },
    read,
    write,
    channels: { type: "names", names: channels },
    acts: [],
    secrets: "hidden",
  };
}

function narrowed(rights: Rights, body: GrantNarrowing): Rights | Refusal {
  const { methods, read = rights.read, write = rights.write, channels } = body;
  const devices = body.devices === undefined ? rights.devices : readScope(body.devices);
  if (isRefusal(devices)) return devices;
  return (
    wrongPrefixes({ read, write }) ?? {
      ...rights,
      devices,
      read,
      write,
      methods: methods === undefined ? rights.methods : { type: "names", names: methods },
      channels: channels === undefined ? rights.channels : { type: "names", names: channels },
    }
  );
}

interface Audited {
  readonly at: number;
  readonly manager: Manager;
  readonly id: GrantId;
  readonly detail: AuditEntry["detail"];
}

function auditOf(action: string, { at, manager, id, detail }: Audited): AuditEntry {
  return { at, manager: manager.name, action, grant: id, detail };
}

/** Whoever holds something open under it looks again. */
function announce({ bus }: RestPorts, id: GrantId): void {
  bus.publish(subjects.revoked, { authority: { type: "grant", id } });
}

function tooMuch(excess: string): Refusal {
  return refuse("not-allowed", `nobody gives what they may not do themselves: ${excess}`);
}

function isOver(): Refusal {
  return refuse("grant-changed", "the grant is over, or somebody changed it meanwhile: look at it again");
}
