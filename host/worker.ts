// The program of a thread: started by host/platform, runs host/network/thread.
import { runThread, type ThreadData } from "./network/thread.ts";
import { connectToParent } from "./platform/parent.ts";

const { data, ready } = await connectToParent();
runThread(data as ThreadData, ready);
