import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, hostname, userInfo } from "node:os";
import { join } from "node:path";
import { freePort, programPath, type Running, start } from "./daemons.ts";
import { eventually } from "./eventually.ts";

/** Programs that a cluster of one node needs; Debian: slurm-wlm, munge. */
export const missingForSlurm = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"].filter(
  (name) => programPath(name) === null,
);

/** A Slurm of one node on loopback, its files in a temporary folder; no systemd and no cgroups, as in a container. */
export interface Cluster {
  /** For every program that asks it. */
  env: Record<string, string>;
  /** Runs one of its commands. @returns what it writes */
  ask: (program: string, ...args: string[]) => string;
}

export async function startSlurm(folder: string): Promise<Cluster> {
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name), { recursive: true });
  const at = (name: string) => join(folder, name);
  writeFileSync(at("munge.key"), Buffer.alloc(1024, 7), { mode: 0o400 });
  const socket = at("munge.socket");
  const files = ["key", "socket", "pid", "seed", "log"].map((name) => `--${name}-file=${at(`munge.${name}`)}`);
  const munge = files.filter((text) => !text.startsWith("--socket"));
  const node = hostname().split(".")[0];
  const { username } = userInfo();
  const conf = at("slurm.conf");
  const settings: Record<string, string | number> = {
    ClusterName: "hqcnn",
    SlurmctldHost: `${node}(127.0.0.1)`,
    ...{ SlurmUser: username, SlurmdUser: username, AuthType: "auth/munge", AuthInfo: `socket=${socket}` },
    ...{ SlurmctldPort: await freePort(), SlurmdPort: await freePort() },
    ...{ StateSaveLocation: at("state"), SlurmdSpoolDir: at("spool") },
    ...{ SlurmctldPidFile: at("slurmctld.pid"), SlurmdPidFile: at("slurmd.pid") },
    ...{ ProctrackType: "proctrack/linuxproc", TaskPlugin: "task/none", MpiDefault: "none" },
    ...{ SelectType: "select/cons_tres", SelectTypeParameters: "CR_CPU", SlurmdParameters: "config_overrides" },
    ...{ ReturnToService: 2, KillWait: 2, MinJobAge: 10, SlurmdTimeout: 60 },
    ...{ JobAcctGatherType: "jobacct_gather/none", AccountingStorageType: "accounting_storage/none" },
    SchedulerParameters: "batch_sched_delay=1,sched_interval=2",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const cpus = Math.max(2, availableParallelism());
  lines.push(`NodeName=${node} NodeAddr=127.0.0.1 CPUs=${cpus} State=UNKNOWN`);
  lines.push("PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP", "");
  writeFileSync(conf, lines.join("\n"));
  const env = { SLURM_CONF: conf };
  const daemon = (name: string, ...args: string[]): Running => start(programPath(name)!, args, folder, env);
  const ask = (program: string, ...args: string[]) =>
    execFileSync(programPath(program)!, args, { env: { ...process.env, ...env }, encoding: "utf8", stdio: "pipe" });
  const daemons = [daemon("munged", "--foreground", "--force", `--socket=${socket}`, ...munge)];
  await eventually(
    () =>
      daemons[0].child.exitCode === null && works(() => execFileSync("munge", ["-n", "-S", socket], { stdio: "pipe" })),
    () => "munged",
  );
  daemons.push(daemon("slurmctld", "-D"), daemon("slurmd", "-D"));
  await eventually(
    () => works(() => ask("sinfo", "-h", "-o", "%T"), /idle/),
    () => `a node that waits for jobs: ${daemons.map(({ output }) => output()).join("\n")}`,
    60,
  );
  return { env, ask };
}

function works(action: () => Buffer | string, pattern = /./): boolean {
  try {
    return pattern.test(action().toString());
  } catch {
    return false;
  }
}
