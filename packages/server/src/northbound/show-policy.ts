import type {
  Compliance,
  ComplianceCounts,
  Policy,
  PolicyContent,
  PolicyVersion,
  Rollout,
  RolloutRules,
} from "@heliograph/api";
import type {
  Compliance as ComplianceRecord,
  ComplianceCounts as Counts,
  PolicyContent as Content,
  PolicyRecord,
  PolicyVersion as VersionRecord,
  RolloutRules as Rules,
} from "../ports/index.ts";
import { showTime } from "./show-time.ts";

export function showPolicy(record: PolicyRecord, counts: Counts): Policy {
  const { name, description, group, draft, rules, version, createdAt, changedAt } = record;
  const rollout = showRollout(record);
  return {
    ...{ name, description, group, version },
    draft: showContent(draft),
    rules: showRules(rules),
    ...(rollout === undefined ? {} : { rollout }),
    compliance: showCounts(counts),
    created: showTime(createdAt),
    changed: showTime(changedAt),
  };
}

export function showVersion({
  version,
  content,
  publishedAt,
  by,
  rollsBackTo,
}: VersionRecord): PolicyVersion {
  return {
    version,
    content: showContent(content),
    published: showTime(publishedAt),
    by,
    ...(rollsBackTo === undefined ? {} : { rollsBackTo }),
  };
}

export function showCompliance({ mended: _, at, ...standing }: ComplianceRecord): Compliance {
  return { ...standing, at: showTime(at) };
}

function showContent(content: Content): PolicyContent {
  return content;
}

function showRules({ pauseMs, ...rules }: Rules): RolloutRules {
  return { ...rules, pause: pauseMs / 1000 };
}

function showCounts({ states, older, members }: Counts): ComplianceCounts {
  return { members, ...states, older };
}

function showRollout({ rollout, rules }: PolicyRecord): Rollout | undefined {
  if (rollout === undefined) return undefined;
  const { version, state, wave, since, reason, atOnce } = rollout;
  const waves = atOnce === true ? 1 : rules.waves.length;
  return {
    ...{ version, state, waves },
    wave: Math.min(wave + 1, waves),
    since: showTime(since),
    ...(reason === undefined ? {} : { reason }),
  };
}
