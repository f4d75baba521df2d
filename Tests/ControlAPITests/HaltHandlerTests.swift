import ControlAPI
