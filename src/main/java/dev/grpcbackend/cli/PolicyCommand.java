package dev.grpcbackend.cli;

import picocli.CommandLine.Command;

/** {@code policy}: says what a policy file means, before a server has it. */
@Command(
    name = "policy",
    description = "Says what a policy file means, before a server has it.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {PolicyCheck.class, PolicyExplain.class, PolicyToken.class})
final class PolicyCommand {}
