// A process of its own that fetches a data set: node fetchProgram.js BASE-URL FOLDER NAME MD5 BYTES
import { fetchDataset } from "../../host/datasets/sources/download.ts";
import { medmnist } from "../../host/datasets/sources/medmnist.ts";
import { createNodePlatform } from "../../host/platform/node.ts";

const [baseUrl, cacheFolder, name, md5, bytes] = process.argv.slice(2);
Object.assign(medmnist[name], { md5, bytes: Number(bytes) });
const platform = { ...createNodePlatform(), cacheFolder };
console.log(await fetchDataset(name, { platform, baseUrl }));
