#include "sessions/session.h"
