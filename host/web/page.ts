// The page's program; helper `page` owns what it becomes.
export {};
