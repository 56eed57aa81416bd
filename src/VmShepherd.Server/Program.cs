return await VmShepherd.Server.Cli.CommandLine.RunAsync(args);
