// One function per command; each gives the exit code.
#pragma once

#include "orchestrator/cli/context.h"

namespace unjam::cli {

int check(const Context& context);
int graph(const Context& context);
int eval(const Context& context);
int explain(const Context& context);
int schema(const Context& context);
int format_files(const Context& context);
int packs(const Context& context);
int inventory(const Context& context);

int plan(const Context& context);
int run(const Context& context);
int rehearse(const Context& context);
int rehearse_seeds(const Context& context);  // of rehearse, with mishaps
int act(const Context& context);

int resume(const Context& context);
int rollback(const Context& context);
int approve(const Context& context);
int deny(const Context& context);
int cancel(const Context& context);

int status(const Context& context);
int log(const Context& context);
int why(const Context& context);

int audit_verify(const Context& context);
int audit_export(const Context& context);

// The command that was typed.
int perform(const Context& context);

}  // namespace unjam::cli
