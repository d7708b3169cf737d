// import "hqcnn/lab/react": the element, and its attributes in React's JSX.

import type { HqcnnLab, LabAttributes } from "hqcnn/lab";
import type { DetailedHTMLProps, HTMLAttributes } from "react";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "hqcnn-lab": LabAttributes & Omit<DetailedHTMLProps<HTMLAttributes<HqcnnLab>, HqcnnLab>, keyof LabAttributes>;
    }
  }
}

export * from "hqcnn/lab";
