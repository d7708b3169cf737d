/**
 * Metrics of one class, or an average over classes. A ratio whose denominator is zero counts as 0 (scikit-learn's
 * zero_division=0).
 */
export interface ClassMetrics {
  precision: number;
  recall: number;
  f1: number;
  /** Samples of the class; in an average, all samples. */
  support: number;
}

/** Metrics of a classifier on labelled samples; all finite, so that JSON keeps them. */
export interface Metrics {
  count: number;
  accuracy: number;
  /** 95 %: Wilson's; of images with several labels see multilabelIntervals. */
  accuracyInterval: [low: number, high: number];
  /** Area under the ROC curve, ties by mid-rank; null if no class has both positives and negatives. */
  auc: number | null;
  /** Mean of −log(probability of the label), natural logarithm. */
  crossEntropy: number;
  /** confusion[label][predicted] = samples; of images with several labels [], see `multilabel`. */
  confusion: number[][];
  perClass: ClassMetrics[];
  macro: ClassMetrics;
  weighted: ClassMetrics;
  /** Matthews correlation coefficient (multi-class form, Gorodkin 2004); 0 if undefined. */
  mcc: number;
  /** Σ (recall step) · precision over distinct thresholds, not interpolated. */
  averagePrecision: number;
  /** Mean squared error of the probabilities: of class 1 with two classes, summed over the classes with more. */
  brier: number;
  /**
   * Expected calibration error of the predicted class's probability, 15 bins (lower, upper] of equal width (Guo et al.
   * 2017).
   */
  calibrationError: number;
  /** Of images with several labels; the others then mean what multilabelMetrics says. */
  multilabel?: MultilabelMetrics;
  /** Of classes in an order. */
  ordinal?: OrdinalMetrics & Partial<OrdinalIntervals>;
}

/** Metrics of one label of several that an image may have; precision, recall and F1 are those of its positives. */
export interface LabelMetrics extends ClassMetrics {
  /** Share of images whose answer about this label is right. */
  accuracy: number;
  /** Null where all images have the label, or none has. */
  auc: number | null;
  /** 95 %, DeLong's on the logit scale; null where `auc` is. */
  aucInterval: [low: number, high: number] | null;
  /** Null where no image has the label. */
  averagePrecision: number | null;
  /** confusion[is there][predicted] = images. */
  confusion: [[number, number], [number, number]];
}

/** What there is to say beside Metrics about images with several labels. */
export interface MultilabelMetrics {
  labels: LabelMetrics[];
  /** Share of images with all their labels right, and no other. */
  subsetAccuracy: number;
  subsetAccuracyInterval: [low: number, high: number];
  /** Mean AUC over the labels that have one; null if none has. */
  definedAuc: number | null;
  /** Those that have none. */
  withoutAuc: number[];
}

/** What there is to say beside Metrics about classes that are in an order. */
export interface OrdinalMetrics {
  /** Cohen's kappa with quadratic weights, −1 to 1; null where both sides have the same class throughout. */
  quadraticKappa: number | null;
  /** Mean of |label − predicted class|, in classes. */
  meanAbsoluteError: number;
}

/** Their 95 % intervals. */
export interface OrdinalIntervals {
  quadraticKappaInterval: [low: number, high: number] | null;
  meanAbsoluteErrorInterval: [low: number, high: number] | null;
}
