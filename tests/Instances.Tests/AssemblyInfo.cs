// Each of these tests starts a handful of processes and a PostgreSQL: side by side they would only wait for one another.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
