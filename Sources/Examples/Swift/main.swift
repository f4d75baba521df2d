import KillSwitch
