// The closed list of commands, in the order in which `--help` shows them.
import type { AddCommand } from "./command_options.ts";
import { addCancel } from "./cancel.ts";
import { addCompletion } from "./completion.ts";
import { addDashboard } from "./dashboard.ts";
import { addEngine } from "./engine.ts";
import { addExport } from "./export.ts";
import { addGc } from "./gc.ts";
import { addGenerate, addInterpolate } from "./generate.ts";
import { addImport } from "./import.ts";
import { addInit } from "./init.ts";
import { addJob } from "./job.ts";
import { addPlan } from "./plan.ts";
import { addLogs } from "./logs.ts";
import { addMetrics } from "./metrics.ts";
import { addReport } from "./report.ts";
import { addRuns } from "./runs.ts";
import { addSchedule } from "./schedule.ts";
import { addSchema } from "./schema.ts";
import { addStatus } from "./status.ts";
import { addSweep } from "./sweep.ts";
import { addTrain } from "./train.ts";
import { addValidate } from "./validate.ts";
import { addVerify } from "./verify.ts";
import { addWebhook } from "./webhook.ts";
import { addWhy } from "./why.ts";

/** Every command of fluxline. */
export const EVERY_COMMAND: readonly AddCommand[] = [
  addInit,
  addTrain,
  addSweep,
  addPlan,
  addWhy,
  addValidate,
  addStatus,
  addRuns,
  addCancel,
  addGenerate,
  addInterpolate,
  addLogs,
  addMetrics,
  addReport,
  addWebhook,
  addDashboard,
  addExport,
  addImport,
  addVerify,
  addGc,
  addSchedule,
  addSchema,
  addEngine,
  addCompletion,
  addJob,
];
