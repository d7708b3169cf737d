/** Files of a run folder. */
export const RUN_FILES = {
  config: "config.json",
  history: "history.jsonl",
  model: "model.safetensors",
  checkpoint: "checkpoint.safetensors",
  predictions: "predictions.csv",
  metrics: "metrics.json",
  fingerprint: "fingerprint",
} as const;
