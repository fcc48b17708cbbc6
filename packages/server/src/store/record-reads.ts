import type { DeviceKey } from "@heliograph/protocol";
import type {
  AuditQuery,
  BackupWorkQuery,
  CampaignId,
  CampaignMemberQuery,
  ChannelName,
  ChannelQuery,
  ComplianceQuery,
  ComplianceWorkQuery,
  CoverQuery,
  DeviceQuery,
  DeviceSearch,
  EventQuery,
  GrantId,
  GroupChangeQuery,
  GroupMemberQuery,
  GroupName,
  MemberQuery,
  OperationId,
  OperationQuery,
  PolicyDevicesQuery,
  PolicyName,
  PublicationQuery,
  WebhookId,
} from "../ports/index.ts";
import { findApiToken, findApiTokenById } from "./changes/access.ts";
import { findGrant } from "./changes/grants.ts";
import { newestEventId } from "./changes/journal.ts";
import { findLease, findOverdueLeases } from "./changes/leases.ts";
import { findAllModelQuirks } from "./changes/quirks.ts";
import { relayPosition, storeIdentity } from "./changes/upkeep.ts";
import { findRole, findUser } from "./changes/users.ts";
import { findCampaign } from "./campaign-rows.ts";
import { findChannel, findChannelsOf, findPosition, newestPublication } from "./channel-rows.ts";
import type { Database } from "./database.ts";
import { findCredentials, findDevice, findLogin } from "./device-rows.ts";
import { findGroup, findGroupsOf } from "./groups/group-rows.ts";
import { coveredDevices } from "./groups/search-devices.ts";
import { findBorrowedNotifications } from "./notification-rows.ts";
import { findOperation } from "./operation-rows.ts";
import { findParameters } from "./parameter-rows.ts";
import {
  findComplianceOf,
  findConfiguration,
  findPolicy,
  findPolicyVersion,
  isAnythingHeld,
} from "./policy-rows.ts";
import type { AnswerOf, AskOf, QueryType } from "./queries.ts";
import { findWebhook, type DeadLetterQuery } from "./webhook-rows.ts";

/** What all stores are asked, and by what; `query` alone looks through rows. */
export abstract class RecordReads {
  async device(key: DeviceKey) {
    return this.readRow((db) => findDevice(db, key));
  }

  async credentials(key: DeviceKey) {
    return this.readRow((db) => findCredentials(db, key));
  }

  async login(key: DeviceKey) {
    return this.readRow((db) => findLogin(db, key));
  }

  async operation(id: OperationId) {
    return this.read((db) => findOperation(db, id));
  }

  async apiToken(hash: string) {
    return this.read((db) => findApiToken(db, hash));
  }

  async apiTokenById(id: string) {
    return this.readRow((db) => findApiTokenById(db, id));
  }

  async grant(id: GrantId) {
    return this.readRow((db) => findGrant(db, id));
  }

  async lease(device: DeviceKey) {
    return this.readRow((db) => findLease(db, device));
  }

  async overdueLeases(query: { readonly now: number; readonly limit: number }) {
    return this.read((db) => findOverdueLeases(db, query));
  }

  async user(name: string) {
    return this.readRow((db) => findUser(db, name));
  }

  async role(name: string) {
    return this.readRow((db) => findRole(db, name));
  }

  async lastEventId() {
    return this.read(newestEventId);
  }

  async relayPosition() {
    return this.read(relayPosition);
  }

  async identity() {
    return this.read(storeIdentity);
  }

  async modelQuirks() {
    return this.read(findAllModelQuirks);
  }

  async devices(query: DeviceQuery) {
    return this.query("devices", query);
  }

  async devicesAmong(keys: readonly DeviceKey[]) {
    return this.query("devices-among", keys);
  }

  async groups() {
    return this.query("groups", null);
  }

  async group(name: GroupName) {
    return this.readRow((db) => findGroup(db, name));
  }

  async groupMembers(query: GroupMemberQuery) {
    return this.query("group-members", query);
  }

  async groupsOf(device: DeviceKey) {
    return this.readRow((db) => findGroupsOf(db, device));
  }

  async groupChanges(query: GroupChangeQuery) {
    return this.query("group-changes", query);
  }

  async searchDevices(query: DeviceSearch) {
    return this.query("search-devices", query);
  }

  async coveredDevices(query: CoverQuery) {
    return this.read((db) => coveredDevices(db, query));
  }

  async operations(query: OperationQuery) {
    return this.query("operations", query);
  }

  async openOperations(device: DeviceKey) {
    return this.query("open-operations", device);
  }

  async devicesWithWork(query: { readonly after?: DeviceKey; readonly limit: number }) {
    return this.query("devices-with-work", query);
  }

  async transfers(device: DeviceKey) {
    return this.query("transfers", device);
  }

  async overdueTransfers(query: { readonly now: number; readonly limit: number }) {
    return this.query("overdue-transfers", query);
  }

  async backupPlans() {
    return this.query("backup-plans", null);
  }

  async backups(device: DeviceKey) {
    return this.query("backups", device);
  }

  async backupWork(query: BackupWorkQuery) {
    return this.query("backup-work", query);
  }

  async campaign(id: CampaignId) {
    return this.read((db) => findCampaign(db, id));
  }

  async campaigns(query: { readonly after?: string; readonly limit: number }) {
    return this.query("campaigns", query);
  }

  async campaignMembers(query: CampaignMemberQuery) {
    return this.query("campaign-members", query);
  }

  async campaignWork(query: { readonly agedBefore: number }) {
    return this.query("campaign-work", query);
  }

  async campaignTurns(query: { readonly campaign: CampaignId; readonly limit: number }) {
    return this.query("campaign-turns", query);
  }

  async campaignQueued(query: { readonly campaign: CampaignId; readonly limit: number }) {
    return this.query("campaign-queued", query);
  }

  async channel(name: ChannelName) {
    return this.readRow((db) => findChannel(db, name));
  }

  async channels(query: ChannelQuery) {
    return this.query("channels", query);
  }

  async channelsOf(device: DeviceKey) {
    return this.readRow((db) => findChannelsOf(db, device));
  }

  async publications(query: PublicationQuery) {
    return this.query("publications", query);
  }

  async newPublications(query: { readonly after: number; readonly limit: number }) {
    return this.query("new-publications", query);
  }

  async lastPublication() {
    return this.readRow(newestPublication);
  }

  async channelMembers(query: MemberQuery) {
    return this.query("channel-members", query);
  }

  async position(channel: ChannelName, device: DeviceKey) {
    return this.readRow((db) => findPosition(db, channel, device));
  }

  async borrowedNotifications(device: DeviceKey) {
    return this.readRow((db) => findBorrowedNotifications(db, device));
  }

  async devicesThatLent(query: { readonly after?: DeviceKey; readonly limit: number }) {
    return this.query("devices-that-lent", query);
  }

  async policies() {
    return this.query("policies", null);
  }

  async policy(name: PolicyName) {
    return this.readRow((db) => findPolicy(db, name));
  }

  async policyVersions(name: PolicyName) {
    return this.query("policy-versions", name);
  }

  async policyVersion(name: PolicyName, version: number) {
    return this.readRow((db) => findPolicyVersion(db, name, version));
  }

  async configuration(device: DeviceKey) {
    return this.readRow((db) => findConfiguration(db, device));
  }

  async configurations(device: DeviceKey) {
    return this.query("configurations", device);
  }

  async isAnythingHeld() {
    return this.readRow(isAnythingHeld);
  }

  async compliance(query: ComplianceQuery) {
    return this.query("compliance", query);
  }

  async complianceCounts(name: PolicyName) {
    return this.query("compliance-counts", name);
  }

  async complianceOf(device: DeviceKey) {
    return this.readRow((db) => findComplianceOf(db, device));
  }

  async complianceAmong(devices: readonly DeviceKey[]) {
    return this.query("compliance-among", devices);
  }

  async complianceWork(query: ComplianceWorkQuery) {
    return this.query("compliance-work", query);
  }

  async policyJoiners(query: PolicyDevicesQuery) {
    return this.query("policy-joiners", query);
  }

  async policyLeavers(query: PolicyDevicesQuery) {
    return this.query("policy-leavers", query);
  }

  async parameters(device: DeviceKey, path: string) {
    return this.read((db) => findParameters(db, device, path));
  }

  async events(query: EventQuery) {
    return this.query("events", query);
  }

  async audit(query: AuditQuery) {
    return this.query("audit", query);
  }

  async apiTokens() {
    return this.query("api-tokens", null);
  }

  async grants() {
    return this.query("grants", null);
  }

  async users() {
    return this.query("users", null);
  }

  async roles() {
    return this.query("roles", null);
  }

  async webhooks() {
    return this.query("webhooks", null);
  }

  async webhook(id: WebhookId) {
    return this.readRow((db) => findWebhook(db, id));
  }

  async deadLetters(query: DeadLetterQuery) {
    return this.query("dead-letters", query);
  }

  /** For what reads by one statement, which sees one moment by itself. */
  protected abstract readRow<T>(read: (db: Database) => T): Promise<T>;

  /** For what reads by several, which see one and the same moment. */
  protected abstract read<T>(read: (db: Database) => T): Promise<T>;

  /** For what looks through rows, however many. */
  protected abstract query<T extends QueryType>(type: T, ask: AskOf<T>): Promise<AnswerOf<T>>;
}
